"""Timing of contestants in turns: what disturbs the machine disturbs all of them alike."""

from __future__ import annotations

from symbprop.tuning.clock import ROUNDS, SAMPLE, Call, Clock, Spread, enough, interleave, sample

__all__ = ["ROUNDS", "SAMPLE", "Call", "Clock", "Spread", "enough", "interleave", "sample"]
