"""The reductions of the language: what each is to a statement, and what its value is called."""

from __future__ import annotations

from symbprop.calculus.statement import Reduction

TEMPORARY = {"sum": "s", "mean": "mean", "max": "m", "min": "m", "prod": "q", "argmax": "c", "argmin": "c"}
KIND = {
    "sum": Reduction.SUM, "mean": Reduction.SUM, "max": Reduction.MAX, "min": Reduction.MIN, "prod": Reduction.PROD,
    "argmax": Reduction.ARGMAX, "argmin": Reduction.ARGMIN,
}  # fmt: skip
CHOOSING = ("argmax", "argmin")  # reductions whose value is an index
