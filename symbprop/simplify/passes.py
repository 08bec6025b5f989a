"""The passes in order. Any of them can be left out, and everything still verifies."""

from __future__ import annotations

from collections.abc import Callable, Collection

from symbprop.calculus.check import check
from symbprop.calculus.program import GradientProgram, Program
from symbprop.simplify.inline import inline_into_logarithms
from symbprop.simplify.saved import read_saved_values
from symbprop.simplify.shift import subtract_maximum

FORWARD: dict[str, Callable[[Program], Program]] = {
    "subtract_maximum": subtract_maximum,
    "inline_into_logarithms": inline_into_logarithms,
}
BACKWARD: dict[str, Callable[[GradientProgram], GradientProgram]] = {
    "read_saved_values": read_saved_values,
}


def simplify_forward(program: Program, without: Collection[str] = ()) -> Program:
    """The forward passes, the program checked after each."""
    for name, apply in FORWARD.items():
        if name not in without:
            program = check(apply(program))
    return program


def simplify_gradient(gradient: GradientProgram, without: Collection[str] = ()) -> GradientProgram:
    """The backward passes, the program checked after each."""
    for name, apply in BACKWARD.items():
        if name not in without:
            gradient = apply(gradient)
            check(gradient.program)
    return gradient
