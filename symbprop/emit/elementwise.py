"""An element-wise map as a short sequence of ufunc calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from sympy import Add, Basic, Expr, Mul, Pow, Rational, S, Symbol, exp, preorder_traversal

from symbprop.calculus.functions import Detach, Floor, Held, Select, is_condition
from symbprop.calculus.nodes import inverse, ordered, split_sign
from symbprop.emit.bounds import NOTHING, Known, as_clip, as_one_call
from symbprop.emit.calls import COMPARISONS, HELPERS, UFUNCS, WRITING, helper_call
from symbprop.emit.kernel import NOWHERE, Kernel, Storage
from symbprop.emit.operands import opposite, readers
from symbprop.emit.shapes import as_extreme, is_indicator, is_log_of_one_plus, is_safe_to_mask, is_third
from symbprop.emit.sizes import number
from symbprop.emit.value import Value, literal


class Elementwise(Kernel):
    """Lowers one expression. ``leaf`` gives the operand of each symbol."""

    def __init__(
        self,
        leaf: Callable[[Symbol], Value],
        note: Callable[[Expr], str] = lambda _: "",
        storage: Storage = NOWHERE,
        known: Known = NOTHING,
    ) -> None:
        super().__init__(note, storage)
        self._leaf = leaf
        self._known = known
        self._values: dict[Basic, Value] = {}
        self._readers: Counter[Basic] = Counter()

    def lower(self, expression: Expr) -> Value:
        """Emit the calls that compute ``expression``."""
        self._readers.update(readers(expression, self._known))
        return self._value(expression)

    def _read_again(self, root: Basic) -> None:
        """What is in ``root``, which was not counted as it is written now, is read once more than was counted."""
        self._readers.update(preorder_traversal(root))
        for value in (self._values[node] for node in preorder_traversal(root) if node in self._values):
            value.uses += 1

    def _value(self, node: Basic) -> Value:
        if node not in self._values:
            if isinstance(node, Held):
                value = self._value(node.args[0])
                value.uses += max(self._readers[node], 1) - 1  # its readers read the argument's storage
            else:
                value = self._compute(node)
                value.uses = max(self._readers[node], 1)
            self._values[node] = value
        return self._values[node]

    def _compute(self, node: Basic) -> Value:
        if isinstance(node, Symbol):
            return self._leaf(node)
        if isinstance(node, Expr) and node.is_number:
            return literal(number(node))
        if isinstance(node, Add):
            return self._add(node)
        if isinstance(node, Mul):
            return self._product(node)
        if isinstance(node, Pow):
            return self._power(node)
        if isinstance(node, Select):
            return self._select(node)
        if is_condition(node):
            return self._condition(node)
        if isinstance(node, (Detach, Floor)):
            return self._flat(node, "detached" if isinstance(node, Detach) else "floor")
        name = type(node).__name__
        if name in HELPERS:
            self.helpers.add(HELPERS[name])
            function, arguments = helper_call(node)
            return self._apply(function, [self._value(each) for each in arguments], node, ufunc=name in WRITING)
        if is_log_of_one_plus(node):
            return self._apply("np.log1p", [self._value(node.args[0] - 1)], node)
        return self._apply(f"np.{UFUNCS[name]}", [self._value(each) for each in node.args], node)

    def _flat(self, node: Expr, name: str) -> Value:
        inner = self._value(node.args[0])
        if name == "floor" and all(symbol.is_positive for symbol in node.args[0].free_symbols):
            return self._apply("np.floor", [inner], node)
        self.helpers.add(name)
        return self._apply(f"_{name}", [inner], node, ufunc=False)

    def _add(self, node: Add) -> Value:
        content, rest = node.primitive()
        if content.is_Integer and content != 1:  # halves are there so that nothing overflows
            self._read_again(rest)
            return self._binary("multiply", self._value(content), self._add(rest), node)
        terms = list(node.args)
        if S.NegativeOne in terms and len(terms) == 2:
            other = terms[1 - terms.index(S.NegativeOne)]
            if isinstance(other, exp):
                return self._apply("np.expm1", [self._value(other.args[0])], node)
        signed = [split_sign(term) for term in ordered(terms)]
        values = [(sign, self._value(term), term) for sign, term in signed]
        values.sort(key=lambda each: (len(each[1].indices), each[0] < 0 and not each[1].scalar))
        (sign, total, _), *rest = values
        if sign < 0:
            positive = next((i for i, each in enumerate(rest) if each[0] > 0), None)
            if positive is not None:
                other = rest.pop(positive)
                total = self._binary("subtract", other[1], total, node if not rest else None)
            else:
                total = self._negative(total, None)
        for place, (sign, value, _) in enumerate(rest):
            whole = node if place == len(rest) - 1 else None
            total = self._binary("add" if sign > 0 else "subtract", total, value, whole)
        return total

    def _product(self, node: Mul) -> Value:
        if (other := opposite(node, self._readers)) is not None:
            return self._negative(self._value(other), node)
        size = -node
        extreme = as_extreme(size) if isinstance(size, Select) and self._readers[size] == 1 else None
        if extreme is not None and extreme[1] == -extreme[2]:  # −|x|
            return self._apply("np.minimum", [self._value(each) for each in extreme[1:]], node)
        numerators: list[Value] = []
        denominators: list[Value] = []
        coefficient = Mul(*(factor for factor in node.args if factor.is_number))
        for factor in ordered([factor for factor in node.args if not factor.is_number]):
            content, rest = factor.primitive() if factor.is_Add else (S.One, factor)
            if content.is_Integer and content != 1 and self._readers[factor] <= 1:  # 2 a − 2 b
                coefficient *= content
                self._read_again(rest)
                numerators.append(self._add(rest))
            elif isinstance(factor, Pow) and factor.exp.is_Rational and factor.exp.is_negative:
                denominators.append(self._value(inverse(factor)))
            else:
                numerators.append(self._factor(factor))
        negative, coefficient = bool(coefficient.is_negative), abs(coefficient)
        if isinstance(coefficient, Rational) and coefficient.q != 1 and (coefficient.p == 1 or is_third(coefficient)):
            denominators.insert(0, Value(str(coefficient.q), frozenset()))
            coefficient = Rational(coefficient.p)
        if coefficient != 1:
            numerators.insert(0, self._value(-coefficient if negative else coefficient))
            negative = False
        numerators, denominators = self._scalars_first(numerators, denominators)
        number = next((place for place, each in enumerate(numerators) if each.scalar), None)
        if negative and number is not None:  # a sign costs nothing there
            numerators[number], negative = self._negative(numerators[number], None), False
        top, bottom = self._multiply(numerators), self._multiply(denominators)
        if top is None:
            assert bottom is not None
            return self._binary("divide", literal("-1" if negative else "1"), bottom, node)
        if negative:
            top = self._negative(top, None if bottom is not None else node)
        return top if bottom is None else self._binary("divide", top, bottom, node)

    def _factor(self, factor: Expr) -> Value:
        """A factor of a product. An indicator, ``Select(c, 1, 0)``, multiplies as the condition itself."""
        return self._value(factor.args[0] if is_indicator(factor) else factor)

    def _scalars_first(self, numerators: list[Value], denominators: list[Value]) -> tuple[list[Value], list[Value]]:
        """Scalar factors above and below the line as one scalar, so that arrays are touched once: the narrowest, if any."""
        above, arrays = ([each for each in numerators if each.scalar is scalar] for scalar in (True, False))
        below = [each for each in denominators if each.scalar]
        arrays.sort(key=lambda each: len(each.indices))
        if not above and below and arrays and len(arrays[0].indices) < len(arrays[-1].indices):
            above = [arrays.pop(0)]
        if not above or not below or not arrays:
            return numerators, denominators
        top, bottom = self._multiply(above), self._multiply(below)
        assert top is not None
        assert bottom is not None
        return [self._binary("divide", top, bottom, None), *arrays], [each for each in denominators if not each.scalar]

    def _multiply(self, factors: list[Value]) -> Value | None:
        """A product, scalars and narrow operands first, so that wide arrays are touched as rarely as can be."""
        factors = sorted(factors, key=lambda each: (len(each.indices), each.boolean))
        if not factors:
            return None
        total = factors[0]
        if total.boolean:
            total = self._binary("multiply", self._typed(Value("1", frozenset())), total, None)
        for each in factors[1:]:
            if total.scalar and each.boolean:
                total = self._typed(total)
            total = self._binary("multiply", total, each, None)
        return total

    def _power(self, node: Pow) -> Value:
        exponent = node.exp
        if exponent.is_Rational and exponent.is_negative:
            return self._binary("divide", Value("1", frozenset()), self._value(inverse(node)), node)
        base = self._value(node.base)
        if exponent == Rational(1, 2):
            return self._apply("np.sqrt", [base], node)
        if exponent.is_Integer and 2 <= exponent <= 4:
            return self._small_power(base, int(exponent), node)
        if exponent.is_Rational and exponent.q == 2 and exponent.p == 3:
            return self._binary("multiply", base, self._value(Pow(node.base, Rational(1, 2))), node)
        return self._apply("np.power", [base, self._value(exponent)], node)

    def _small_power(self, base: Value, exponent: int, node: Pow) -> Value:
        """x·x, x·x·x, (x·x)·(x·x): ``np.power`` costs a hundred multiplications."""
        base.uses += exponent - 1 if exponent != 4 else 1
        square = self._binary("multiply", base, base, node if exponent == 2 else None)
        if exponent < 4:
            return square if exponent == 2 else self._binary("multiply", square, base, node)
        square.uses = 2
        return self._binary("multiply", square, square, node)

    def _select(self, node: Select) -> Value:
        condition, chosen, otherwise = node.args
        extreme = as_clip(node, self._known) or as_extreme(node) or as_one_call(node, self._known)
        if extreme is not None:
            return self._apply(f"np.{extreme[0]}", [self._value(each) for each in extreme[1:]], node)
        if otherwise == 0 and is_safe_to_mask(chosen):
            mask = self._value(condition)
            return self._binary("multiply", self._typed(self._value(chosen)), mask, node)
        choice = [self._value(each) for each in node.args]
        if len({each.indices for each in choice}) == 1 and choice[0].indices:
            self.helpers.add("either")
            return self._apply("_either", choice, node)
        if all(each.scalar for each in choice[1:]):
            choice[1:] = [self._typed(each) for each in choice[1:]]
        return self._apply("np.where", choice, node, ufunc=False)

    def _condition(self, node: Basic) -> Value:
        parts = [self._value(each) for each in node.args]
        if node.is_Relational:
            value = self._apply(f"np.{COMPARISONS[node.rel_op]}", parts, None)
        else:
            name = {"And": "logical_and", "Or": "logical_or", "Not": "logical_not"}[type(node).__name__]
            value = parts[0] if len(parts) > 1 else self._apply(f"np.{name}", parts, None)
            for each in parts[1:]:
                value = self._apply(f"np.{name}", [value, each], None)
        value.boolean = True
        return value
