"""Functions that exist for their accuracy alone; SymPy has expm1, log1p and hypot."""

from __future__ import annotations

from functools import lru_cache

from sympy import Expr, Function, Mul, erfc, exp


class scaled_erfc(Function):  # type: ignore[misc]  # noqa: N801 - named as a function, like SymPy's own
    """``scaled_erfc(s, u)`` is s·erfc(u), which does not lose what erfc(u) alone would lose to underflow."""

    nargs = 2


class scaled_gauss(Function):  # type: ignore[misc]  # noqa: N801
    """``scaled_gauss(s, u)`` is s·exp(−u²), which loses nothing to underflow before the product does."""

    nargs = 2


class erfc_and_gauss(Function):  # type: ignore[misc]  # noqa: N801
    """``erfc_and_gauss(s, t, u)`` is s·erfc(u) + t·exp(−u²), s being a number: the exponential is in both."""

    nargs = 3


class tail_exp(Function):  # type: ignore[misc]  # noqa: N801
    """exp(u) / exp(max(u, −43)): 1 nearly always, and known to be without an exponential."""

    nargs = 1


class wide_exp(Function):  # type: ignore[misc]  # noqa: N801
    """The exponential, rounded once in single precision too."""

    nargs = 1


@lru_cache(maxsize=1 << 12)
def written_out(expression: Expr) -> Expr:
    """An expression with what erfc and the Gaussian are scaled by in front of them, for people to read."""
    expression = expression.replace(erfc_and_gauss, lambda s, t, u: scaled_erfc(s, u) + scaled_gauss(t, u))
    expression = expression.replace(scaled_erfc, lambda s, u: Mul(s, erfc(u, evaluate=False)))
    found: Expr = expression.replace(scaled_gauss, lambda s, u: s * exp(-(u**2)))
    return found
