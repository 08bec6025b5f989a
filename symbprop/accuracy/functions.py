"""Functions that exist for their accuracy alone; SymPy has expm1, log1p and hypot."""

from __future__ import annotations

from sympy import Function


class scaled_erfc(Function):  # type: ignore[misc]  # noqa: N801 - named as a function, like SymPy's own
    """``scaled_erfc(s, u)`` is s·erfc(u), which does not lose what erfc(u) alone would lose to underflow."""

    nargs = 2


class tail_exp(Function):  # type: ignore[misc]  # noqa: N801
    """exp(u) / exp(max(u, −43)): 1 nearly always, and known to be without an exponential."""

    nargs = 1


class wide_exp(Function):  # type: ignore[misc]  # noqa: N801
    """The exponential, rounded once in single precision too."""

    nargs = 1
