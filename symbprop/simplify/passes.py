"""The passes in order. Any of them can be left out, and everything still verifies."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from symbprop.calculus.check import check
from symbprop.calculus.dependence import needed_among
from symbprop.calculus.program import GradientProgram, Program
from symbprop.simplify.derivatives import (
    read_derivatives_through_broadcasts,
    read_saved_in_derivatives,
    read_through_broadcasts,
)
from symbprop.simplify.inline import inline_into_logarithms
from symbprop.simplify.masks import mask_exponents
from symbprop.simplify.merge import merge_terms
from symbprop.simplify.rescale import rescale_cotangents
from symbprop.simplify.saved import read_saved_values
from symbprop.simplify.scalars import inline_scalar_cotangents
from symbprop.simplify.share import share_gradient_terms, share_terms
from symbprop.simplify.shift import subtract_maximum
from symbprop.simplify.sums import read_saved_sums
from symbprop.simplify.tidy import tidy_forward, tidy_gradient

FORWARD: dict[str, Callable[[Program], Program]] = {
    "mask_exponents": mask_exponents,
    "subtract_maximum": subtract_maximum,
    "inline_into_logarithms": inline_into_logarithms,
    "read_through_broadcasts": read_through_broadcasts,
    "tidy_forward": tidy_forward,
    "read_saved_in_derivatives": read_saved_in_derivatives,
}


def drop_unused(gradient: GradientProgram) -> GradientProgram:
    """Without the backward statements that no gradient needs any more."""
    return replace(gradient, backward=needed_among(gradient.backward, tuple(gradient.gradients.values())))


BACKWARD: dict[str, Callable[[GradientProgram], GradientProgram]] = {
    "read_saved_sums": read_saved_sums,
    "inline_scalar_cotangents": inline_scalar_cotangents,
    "read_derivatives_through_broadcasts": read_derivatives_through_broadcasts,
    "tidy_gradient": tidy_gradient,
    "read_saved_values": read_saved_values,
    "rescale_cotangents": rescale_cotangents,
    "merge_terms": merge_terms,
    "drop_unused": drop_unused,
    "share_terms": share_gradient_terms,  # last: a derivative is taken before a term is shared
}


def simplify_forward(program: Program, without: Collection[str] = ()) -> Program:
    """The forward passes, the program checked after each."""
    for name, apply in FORWARD.items():
        if name not in without:
            program = check(apply(program), program)
    return program


def finish_forward(program: Program, without: Collection[str] = ()) -> Program:
    """What is left to do to a program that nobody differentiates."""
    return program if "share_terms" in without else check(share_terms(program), program)


def simplify_gradient(gradient: GradientProgram, without: Collection[str] = ()) -> GradientProgram:
    """The backward passes, the program checked after each."""
    for name, apply in BACKWARD.items():
        if name not in without:
            before, gradient = gradient, apply(gradient)
            check(gradient.program, before.program)
    return gradient
