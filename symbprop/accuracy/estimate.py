"""Running error analysis: what an expression is in floating point, and how wrong it may be, over many points at once.

Every operation is recorded with its own rounding; a sweep back gives the weight with which each rounding, and each
input, reaches the result (Linnainmaa 1976; Higham 2002, section 3.3). So errors that cancel are seen to cancel, and no
higher precision is needed: thousands of points cost milliseconds. Beside the bound, which all roundings would have to
conspire to reach, stands what they come to when they are independent (Higham and Mary 2019).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sympy import Add, Basic, Expr, Mul, Pow, Rational, S, Symbol, exp

from symbprop.accuracy.damping import FLOOR
from symbprop.accuracy.roundings import FUNCTIONS, UNIT, Array, exact_number, rounding, square_of_tail, times, underflow
from symbprop.calculus.functions import Detach, Floor, Held, Select, larger
from symbprop.calculus.nodes import inverse, is_reciprocal, ordered

_COMPARE = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal, "!=": np.not_equal}  # fmt: skip
HUGE = 1e300  # no weight is taken to be larger, so that none is infinite
LIKELY = 3 / 3**0.5  # three standard deviations, each rounding being uniform between its bounds
SIZE = 32.0  # what a size that is free at run time counts as


@dataclass(slots=True)
class Estimate:
    """Values, bounds on their absolute errors, the errors met in thousands of points, derivatives with respect to each

    input, and where all was quiet.
    """

    value: Array
    error: Array
    likely: Array
    slopes: Array  # [inputs, points]
    quiet: NDArray[np.bool_]


def given(values: Array, position: int, count: int) -> Estimate:
    """An input: exact, with derivative 1 with respect to itself."""
    slopes = np.zeros((count, len(values)))
    slopes[position] = 1
    return Estimate(values, np.zeros(len(values)), np.zeros(len(values)), slopes, np.ones(len(values), bool))


def estimate(expression: Expr, leaves: Mapping[Symbol, Estimate]) -> Estimate:
    """The estimate of ``expression``, each distinct subexpression computed once, in the order in which it is emitted."""
    return estimates([expression], leaves)[0]


def estimates(expressions: Sequence[Expr], leaves: Mapping[Symbol, Estimate]) -> list[Estimate]:
    """The estimates of several expressions: forms of one function share most of what they are made of."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tape = _Tape(leaves)
        return [tape.estimate(each) for each in expressions]


@dataclass(slots=True)
class _Entry:
    """A value, the operands and partial derivatives it came from, its own rounding, and whether all was quiet.

    ``bound`` is a bound on its error that does not see errors cancel; products of errors are small beside it.
    """

    value: Array
    operands: tuple[int, ...]
    partials: tuple[Array, ...]
    rounding: Array
    bound: Array
    quiet: NDArray[np.bool_]
    finite: NDArray[np.bool_]


class _Tape:
    """The operations of some expressions, each operand before what reads it."""

    def __init__(self, leaves: Mapping[Symbol, Estimate]) -> None:
        self._leaves = leaves
        self._entries: list[_Entry] = []
        self._places: dict[Basic, int] = {}
        first = next(iter(leaves.values()))
        self._inputs, self._points = first.slopes.shape
        self._zero, self._always = np.zeros(self._points), np.ones(self._points, bool)
        self._symbols: dict[int, Symbol] = {}
        for symbol, leaf in leaves.items():
            self._places[symbol] = self._record(leaf.value, (), (), leaf.error, leaf.quiet)
            self._symbols[self._places[symbol]] = symbol

    def estimate(self, expression: Expr) -> Estimate:
        place = self.of(expression)
        weights: dict[int, Array] = {place: self._zero + 1}  # of what the expression is made of
        error, spread = self._zero.copy(), self._zero.copy()
        slopes = np.zeros((self._inputs, self._points))
        for position in range(place, -1, -1):
            if position not in weights:
                continue
            entry, weight = self._entries[position], weights[position]
            if entry.rounding is not self._zero:
                own = times(np.abs(weight), entry.rounding)
                error += own
                if position in self._symbols:
                    own = times(np.abs(weight), self._leaves[self._symbols[position]].likely) / LIKELY
                    slopes += times(weight, self._leaves[self._symbols[position]].slopes)
                spread = np.hypot(spread, own)  # squares might leave the range
            for operand, partial in zip(entry.operands, entry.partials, strict=True):
                part = np.minimum(np.maximum(times(weight, partial), -HUGE), HUGE)
                weights[operand] = weights[operand] + part if operand in weights else self._zero + part
        result = self._entries[place]
        return Estimate(result.value, error, np.minimum(error, LIKELY * spread), slopes, result.quiet)

    def of(self, node: Basic) -> int:
        if node not in self._places:
            self._places[node] = self._compute(node)
        return self._places[node]

    def _record(
        self, value: Array, operands: tuple[int, ...], partials: tuple[Array, ...], own: Array, quiet: NDArray[np.bool_]
    ) -> int:
        bound = own
        for operand, partial in zip(operands, partials, strict=True):
            bound = bound + times(np.abs(partial), self._entries[operand].bound)
        self._entries.append(_Entry(value, operands, partials, own, bound, quiet, np.isfinite(value)))
        return len(self._entries) - 1

    def _operation(self, value: Array, operands: tuple[int, ...], partials: tuple[Array, ...], own: Array) -> int:
        """Quiet where the operands were, and no infinity or NaN came from finite ones."""
        quiet = finite = self._always
        for each in operands:
            quiet = quiet & self._entries[each].quiet
            finite = finite & self._entries[each].finite
        return self._record(value, operands, partials, own, quiet & (np.isfinite(value) | ~finite))

    def _constant(self, value: float, exact: bool) -> int:
        full = np.full(self._points, value)
        own = self._zero if exact else np.abs(full) * UNIT
        return self._record(full, (), (), own, self._always)

    def _compute(self, node: Basic) -> int:
        if isinstance(node, Symbol):
            return self._constant(SIZE, True)
        if isinstance(node, Expr) and node.is_number:
            return self._constant(*exact_number(node))
        if isinstance(node, Add):
            parts = [self.of(each) for each in ordered(node.args)]
            total = parts[0]
            for each in parts[1:]:
                total = self._add(total, each)
            return total
        if isinstance(node, Mul):
            return self._product(node)
        if isinstance(node, Pow):
            return self._power(node)
        if isinstance(node, Select):
            return self._select(node)
        if isinstance(node, (Detach, Held)):
            return self.of(node.args[0])
        if isinstance(node, Floor):
            return self._function(np.floor, lambda x, y: 0 * x, 0.0, node.args[0])
        name = type(node).__name__
        if name == "hypot":
            return self._root_of_squares(*(self.of(each) for each in node.args))
        if name == "tail_exp":
            return self.of(exp(Held(node.args[0] - larger(node.args[0], -FLOOR))))
        if name == "scaled_erfc":
            return self._scaled(*node.args)
        if name == "scaled_gauss":
            return self._gaussian(*node.args)
        if name == "erfc_and_gauss":
            scale, other, argument = node.args
            return self._add(self._scaled(scale, argument), self._gaussian(other, argument))
        return self._function(*FUNCTIONS[name], node.args[0])

    def _product(self, node: Mul) -> int:
        factors = ordered([each for each in node.args if not each.is_number])
        above = [self.of(each) for each in factors if not is_reciprocal(each)]
        below = [self.of(inverse(each)) for each in factors if is_reciprocal(each)]
        number = Mul(*(each for each in node.args if each.is_number))
        if isinstance(number, Rational) and abs(number.p) == 1 and number.q != 1:
            below.insert(0, self.of(Rational(number.q)))
            number = Rational(number.p)
        if number != 1:
            above.insert(0, self.of(number))
        top = above[0] if above else self._constant(1.0, True)
        for each in above[1:]:
            top = self._multiply(top, each)
        if not below:
            return top
        bottom = below[0]
        for each in below[1:]:
            bottom = self._multiply(bottom, each)
        return self._divide(top, bottom)

    def _power(self, node: Pow) -> int:
        exponent = node.exp
        if is_reciprocal(node):
            return self._divide(self._constant(1.0, True), self.of(inverse(node)))
        if exponent == S.Half:
            return self._function(np.sqrt, lambda x, y: 0.5 / y, 1.0, node.base)
        base = self.of(node.base)
        if exponent.is_Integer and 2 <= exponent <= 4:
            square = self._multiply(base, base)
            if exponent == 2:
                return square
            return self._multiply(square, base if exponent == 3 else square)
        if exponent == Rational(3, 2):
            return self._multiply(base, self.of(Pow(node.base, S.Half)))
        power = self.of(exponent)
        x, k = self._entries[base].value, self._entries[power].value
        value = np.power(x, k)
        partials = (k * np.power(x, k - 1), value * np.log(x))
        return self._operation(value, (base, power), partials, 2 * UNIT * np.abs(value) + underflow(value))

    def _select(self, node: Select) -> int:
        condition = self._condition(node.args[0])
        places = self.of(node.args[1]), self.of(node.args[2])
        one, other = (self._entries[each] for each in places)
        partials = (np.where(condition, 1.0, 0.0), np.where(condition, 0.0, 1.0))
        value = np.where(condition, one.value, other.value)
        return self._record(value, places, partials, self._zero, one.quiet & other.quiet)

    def _condition(self, node: Basic) -> NDArray[np.bool_]:
        if node.is_Relational:
            left, right = (self._entries[self.of(each)].value for each in node.args)
            return np.asarray(_COMPARE[node.rel_op](left, right), bool)
        parts = [self._condition(each) for each in node.args]
        name = type(node).__name__
        if name == "Not":
            return ~parts[0]
        return np.asarray(np.logical_and.reduce(parts) if name == "And" else np.logical_or.reduce(parts), bool)

    def _function(
        self,
        function: Callable[[Array], Array],
        slope: Callable[[Array, Array], Array],
        units: float,
        argument: Basic,
    ) -> int:
        place = self.of(argument)
        x = self._entries[place].value
        value = function(x)
        known = np.where(np.isfinite(value), np.spacing(np.abs(value)), np.inf)
        own = np.where(x == 0, 0.0, units / 2 * known) + underflow(value, x)  # exp(0) is 1
        if function is FUNCTIONS["erfc"][0]:
            own += square_of_tail(x, value)
        return self._operation(value, (place,), (slope(x, value),), own)

    def _root_of_squares(self, a: int, b: int) -> int:
        x, y = self._entries[a].value, self._entries[b].value
        value = np.hypot(x, y)
        return self._operation(value, (a, b), (x / value, y / value), 2 * UNIT * value)

    def _scaled(self, factor: Basic, argument: Basic) -> int:
        """A factor times erfc, rounded once more at most; a number is inside."""
        erfc, slope, units = FUNCTIONS["erfc"]
        a, b = self.of(factor), self.of(argument)
        s, x = self._entries[a].value, self._entries[b].value
        tail = erfc(x)
        value = np.where(tail == 0, 0.0, s * tail)
        more = 2 if factor.free_symbols else 0
        own = (units + more) * UNIT * np.abs(value) + underflow(value) + square_of_tail(x, value)
        return self._operation(value, (a, b), (tail, times(s, slope(x, tail))), own)

    def _gaussian(self, factor: Basic, argument: Expr) -> int:
        """A factor times exp(−c² x²), c not being rounded before it is squared."""
        c, rest = argument.as_independent(*argument.free_symbols, as_Add=False)
        a, b = self.of(factor), self.of(rest)
        s, x = self._entries[a].value, self._entries[b].value
        square = float(c**2)
        power = square * x * x
        bell = np.exp(-power)
        value = np.where(bell == 0, 0.0, s * bell)
        units = FUNCTIONS["exp"][2] + 2 + rounding(power, power / square, np.full_like(x, square)) / UNIT + power
        own = UNIT * times(units, np.abs(value)) + underflow(value)
        return self._operation(value, (a, b), (bell, times(s, -2 * square * x * bell)), own)

    def _add(self, a: int, b: int) -> int:
        x, y = self._entries[a].value, self._entries[b].value
        value, ratio, one = x + y, -x / y, self._zero + 1
        exact = (x == 0) | (y == 0) | ((ratio >= 0.5) & (ratio <= 2))  # Sterbenz's lemma
        return self._operation(value, (a, b), (one, one), np.where(exact, 0.0, UNIT * np.abs(value)))

    def _multiply(self, a: int, b: int) -> int:
        x, y = self._entries[a].value, self._entries[b].value
        value = x * y
        both = times(self._entries[a].bound, self._entries[b].bound)
        return self._operation(value, (a, b), (y, x), rounding(value, x, y) + both)

    def _divide(self, a: int, b: int) -> int:
        x, y = self._entries[a].value, self._entries[b].value
        value = x / y
        return self._operation(value, (a, b), (1 / y, -value / y), rounding(value, x, y, quotient=True))
