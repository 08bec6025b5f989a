"""What each simplification is called, in a sentence that announces the formula it leads to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sympy import Expr, cosh, expand, factor_terms, sinh, tanh

from symbprop.calculus.notation import LATEX, TEXT, Text
from symbprop.simplify.derivatives import (
    read_derivatives_through_broadcasts,
    read_saved_in_derivatives,
    read_through_broadcasts,
)
from symbprop.simplify.inline import inline_into_logarithms
from symbprop.simplify.masks import mask_exponents
from symbprop.simplify.merge import merge_terms
from symbprop.simplify.passes import drop_unused, finish_forward
from symbprop.simplify.rescale import rescale_cotangents
from symbprop.simplify.roots import over_one_root
from symbprop.simplify.saved import read_saved_values
from symbprop.simplify.scalars import inline_scalar_cotangents
from symbprop.simplify.share import share_gradient_terms
from symbprop.simplify.shift import subtract_maximum
from symbprop.simplify.signs import by_sign_of_reads
from symbprop.simplify.sums import read_saved_sums
from symbprop.simplify.tidy import tidy_forward, tidy_gradient

TIDIED = "The same, in the form that costs least"
REPEATED = "What repeats another tensor is read there"
SHARED = "A term that two equations share has a name"

TITLES: Mapping[Callable[..., Any], str] = {
    mask_exponents: "The condition moves into the exponent",
    subtract_maximum: "The largest term is taken out of the sum of exponentials",
    inline_into_logarithms: "The logarithm of a product, a quotient or an exponential is split",
    tidy_forward: TIDIED,
    tidy_gradient: TIDIED,
    inline_scalar_cotangents: "A constant cotangent is put in",
    read_saved_values: "The forward pass has saved this value, so it is read",
    read_through_broadcasts: REPEATED,
    read_derivatives_through_broadcasts: REPEATED,
    read_saved_in_derivatives: "The program has computed this value, so it is read",
    read_saved_sums: "The forward pass has saved this sum",
    rescale_cotangents: "The factors that have left their sums are put in",
    merge_terms: "Terms with a common factor are put together",
    drop_unused: "Nothing reads it any more",
    share_gradient_terms: SHARED,
    finish_forward: SHARED,
}

# Why a pass may do what it does, where its name does not say it: words, and the identity in either notation.
REASONS: Mapping[str, tuple[str, Mapping[Text, str]]] = {
    TITLES[mask_exponents]: (
        "A term that is left out is one of an exponent without bound",
        {TEXT: "exp(−∞) = 0", LATEX: r"\exp\left(-\infty\right) = 0"},
    ),
    TITLES[subtract_maximum]: (
        "With the largest u for m nothing overflows, and for any m,",
        {
            TEXT: "Σ exp(u) = exp(m) Σ exp(u − m)",
            LATEX: r"\sum \exp\left(u\right) = \exp\left(m\right) \sum \exp\left(u - m\right)",
        },
    ),
    TITLES[inline_into_logarithms]: (
        "For a positive s,",
        {
            TEXT: "log(exp(u) / s) = u − log(s)",
            LATEX: r"\log\left(\frac{\exp\left(u\right)}{s}\right) = u - \log\left(s\right)",
        },
    ),
}

# What tidying may have done, each with the function that does it; the first that gives the new form is its name.
FORMS: tuple[tuple[str, Callable[[Expr], Expr]], ...] = (
    ("Common factors are taken out", factor_terms),
    ("Multiplied out", lambda each: expand(each, log=False, power_base=False, power_exp=False)),
    ("A hyperbolic sine is tanh times cosh", lambda each: each.replace(sinh, lambda u: tanh(u) * cosh(u))),
    ("Both signs of the argument give the same form", by_sign_of_reads),
    ("Everything over one root", over_one_root),
)


def title(rule: Callable[..., Any]) -> str:
    """The name of a pass: from the table, or the first line of its docstring."""
    if rule in TITLES:
        return TITLES[rule]
    words = (rule.__doc__ or rule.__name__.replace("_", " ").capitalize()).strip().splitlines()[0]
    return words.rstrip(".:")


def name_of_form(before: Expr, after: Expr) -> str:
    """Which of the forms that tidying tries ``after`` is."""
    return next((name for name, form in FORMS if form(before) == after), TIDIED)
