"""The scalar functions that SymPy lacks, or has with the wrong derivative at a kink.

Every kink is a ``Select``: relu is ``Select(x > 0, x, 0)``, so its derivative at 0 is 0; |x| is
``Select(x > 0, x, Select(x < 0, -x, 0))``, so its derivative at 0 is 0 too. SymPy's ``Abs``, ``sign``,
``Heaviside`` and ``Piecewise`` never enter a statement.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any

from sympy import Abs, Add, Basic, Expr, Function, Mul, Pow, S, Symbol, diff, log, sign
from sympy.core.function import ArgumentIndexError
from sympy.core.relational import Relational
from sympy.core.sympify import _sympify
from sympy.logic.boolalg import Boolean, BooleanFalse, BooleanTrue

from symbprop.calculus.nodes import replaced, symbols_of


class Select(Expr):  # type: ignore[misc]
    """``Select(condition, a, b)``: ``a`` where the condition holds, else ``b``. Differentiates branch by branch."""

    __slots__ = ()

    def __new__(cls, condition: Boolean, chosen: Expr, otherwise: Expr) -> Expr:
        chosen, otherwise = _sympify(chosen), _sympify(otherwise)
        if isinstance(condition, BooleanTrue) or chosen == otherwise:
            return chosen
        if isinstance(condition, BooleanFalse):
            return otherwise
        return Expr.__new__(cls, condition, chosen, otherwise)

    @property
    def condition(self) -> Boolean:
        return self.args[0]

    @property
    def chosen(self) -> Expr:
        return self.args[1]

    @property
    def otherwise(self) -> Expr:
        return self.args[2]

    def _eval_derivative(self, symbol: Symbol) -> Expr:
        return Select(self.condition, _diff(self.chosen, symbol), _diff(self.otherwise, symbol))

    def _eval_is_real(self) -> bool | None:
        return True if self.chosen.is_real and self.otherwise.is_real else None

    _eval_is_extended_real = _eval_is_real

    def _eval_is_commutative(self) -> bool:
        return True

    def _eval_is_nonnegative(self) -> bool | None:
        return True if self.chosen.is_nonnegative and self.otherwise.is_nonnegative else None

    def _latex(self, printer: Any) -> str:
        branches = rf"{printer.doprint(self.chosen)} & \text{{if }} {printer.doprint(self.condition)} \\"
        return rf"\begin{{cases}} {branches} {printer.doprint(self.otherwise)} & \text{{otherwise}} \end{{cases}}"


class _Flat(Function):  # type: ignore[misc]
    """A function whose derivative is zero by definition."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Expr:
        return S.Zero

    def _eval_is_real(self) -> bool | None:
        return self.args[0].is_real  # type: ignore[no-any-return]

    _eval_is_extended_real = _eval_is_real


class Detach(_Flat):
    """The identity, treated as a constant by differentiation (``stop_gradient``)."""


class Held(Function):  # type: ignore[misc]
    """The identity, for what is to be computed before anything around it: ``Held(1/u)**2`` is not ``1/(u*u)``."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Expr:
        return S.One

    def _eval_is_real(self) -> bool | None:
        return self.args[0].is_real  # type: ignore[no-any-return]

    _eval_is_extended_real = _eval_is_real

    def _eval_is_positive(self) -> bool | None:
        return self.args[0].is_positive  # type: ignore[no-any-return]

    def _eval_is_nonnegative(self) -> bool | None:
        return self.args[0].is_nonnegative  # type: ignore[no-any-return]


class Floor(_Flat):
    """The largest integer not above its argument; piecewise constant."""


def absolute(x: Expr) -> Expr:
    """|x| as a selection."""
    if x.is_nonnegative:
        return x
    return Select(x > 0, x, Select(x < 0, -x, S.Zero))


def signum(x: Expr) -> Expr:
    """The sign of x as a selection; 0 at 0."""
    return Select(x > 0, S.One, Select(x < 0, S.NegativeOne, S.Zero))


def larger(a: Expr, b: Expr) -> Expr:
    """max(a, b). On a tie the first is chosen, a constant before anything else, so that max(x, 0)′ = 0 at 0."""
    if b.is_number and not a.is_number:
        a, b = b, a
    return Select(a >= b, a, b)


def smaller(a: Expr, b: Expr) -> Expr:
    """min(a, b), with the tie rule of :func:`larger`."""
    if b.is_number and not a.is_number:
        a, b = b, a
    return Select(a <= b, a, b)


def without_sympy_kinks(expression: Expr) -> Expr:
    """``expression`` with the ``Abs`` and ``sign`` that SymPy makes by itself (``sqrt(x**2)``) turned into selections."""
    if not expression.has(Abs, sign):
        return expression
    return replaced(replaced(expression, Abs, absolute), sign, signum)


@cache
def derivative(expression: Expr, symbol: Symbol) -> Expr:
    """∂expression/∂symbol, every other leaf held constant. Cached: derived once per distinct expression."""
    return without_sympy_kinks(_diff(expression, symbol))


@cache
def _diff(expression: Expr, symbol: Symbol) -> Expr:
    """``diff(expression, symbol)``, which asks at every step whether what it has found may be zero, and seldom knows."""
    if symbol not in symbols_of(expression):
        return S.Zero
    if expression == symbol:
        return S.One
    if isinstance(expression, Add):
        return Add(*(_diff(each, symbol) for each in expression.args))
    if isinstance(expression, Mul):
        args = expression.args
        changed = ((*args[:n], _diff(each, symbol), *args[n + 1 :]) for n, each in enumerate(args))
        return Add(*(Mul(*factors) for factors in changed))
    if isinstance(expression, Select):
        return expression._eval_derivative(symbol)
    if type(expression)._eval_derivative is Pow._eval_derivative:
        base, power = expression.args
        return expression * (_diff(power, symbol) * log(base) + _diff(base, symbol) * power / base)
    if isinstance(expression, Function) and type(expression)._eval_derivative is Function._eval_derivative:
        inner = [(n, _diff(each, symbol)) for n, each in enumerate(expression.args, start=1)]
        with suppress(ArgumentIndexError):
            return Add(*(expression.fdiff(n) * slope for n, slope in inner if not slope.is_zero))
    return diff(expression, symbol)


def is_condition(node: Basic) -> bool:
    """Whether a node of an expression is a condition rather than a number."""
    return isinstance(node, (Relational, Boolean)) and not isinstance(node, Expr)
