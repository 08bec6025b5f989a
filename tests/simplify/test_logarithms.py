"""An exponential that is a factor leaves its logarithm, so that nothing overflows there; the value stays."""

from __future__ import annotations

import mpmath
import pytest
from sympy import Expr, exp, log, symbols

from symbprop.simplify.logarithms import split_logarithms

A, V = symbols("a v", real=True)
S, T, U = symbols("s t u", positive=True)
COMMON = [
    log(exp(A) * S),
    log(exp(A) / S),
    log(exp(A) / (S + T)),
    log(exp(A) * S + exp(A) * T),
    log((exp(A) * S + exp(A) * T) / U**2),
    log((exp(A) * S + exp(A) * T) / (1 + U)),
    log((exp(A) * S + exp(A) * T) / (1 + V**2)),
    log(exp(A) + exp(A + V)),
]


@pytest.mark.parametrize("before", COMMON, ids=str)
def test_an_exponential_that_every_term_has_leaves_the_logarithm(before: Expr) -> None:
    after = split_logarithms(before)
    assert not any(node.args[0].has(A) for node in after.atoms(log))
    names = (A, V, S, T, U)
    at = dict(zip(names, map(mpmath.mpf, (-1.25, 0.5, 0.75, 3, 2.5)), strict=True))
    with mpmath.workdps(40):
        old, new = (mpmath.mpf(each.subs(at).evalf(40)) for each in (before, after))
        assert abs(old - new) < mpmath.mpf(10) ** -30
