"""The command line: arguments in, the pipeline called, a report out."""

from __future__ import annotations

from symbprop.cli.app import main

__all__ = ["main"]
