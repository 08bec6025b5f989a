"""Scalar expressions of the language, as SymPy expressions over canonical dummies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sympy import Add, And, Expr, Mul, Not, Or, S, Symbol
from sympy.logic.boolalg import Boolean, false, true

from symbprop.calculus.functions import Select
from symbprop.calculus.index import Access, Extent, at
from symbprop.calculus.nodes import tree_size
from symbprop.calculus.statement import Reduction, index_symbol, read_symbol
from symbprop.language.coordinates import Coordinates
from symbprop.language.extents import Extents
from symbprop.language.inline import inlined
from symbprop.language.outside import Outside
from symbprop.language.pending import Pending
from symbprop.language.reductions import CHOOSING, KIND, TEMPORARY
from symbprop.language.scalars import COMPARISONS, CONSTANTS, FUNCTIONS, elementwise, is_constant, power, rational, real
from symbprop.language.scope import Scope, group_of
from symbprop.language.shapes import Shape, placeholder
from symbprop.language.source import SourceError, Span, did_you_mean
from symbprop.language.syntax import (
    AttributeValue,
    Binary,
    Call,
    Dots,
    Expression,
    Name,
    Number,
    Operation,
    Ranged,
    Read,
    Reduce,
    Size,
    Unary,
)

LONGEST_ARGUMENT = 8  # nodes; what an operation called inside a formula is given beyond that has a name


class Expressions(Coordinates):
    """Elaborates expressions; collects what they read, the constraints on extents, and the reductions inside them."""

    def __init__(
        self,
        extents: Extents,
        attributes: Mapping[str, AttributeValue],
        operations: Mapping[str, Operation],
        open_names: bool,
        declared: Mapping[str, object],
    ) -> None:
        super().__init__(extents, attributes)
        self.operations = operations
        self.open_names = open_names
        self.declared = declared
        self.letters: frozenset[str] = frozenset()  # names of indices anywhere, which no temporary may take
        self.accesses: dict[Symbol, Access] = {}
        self.absent: dict[str, Expr] = {}  # optional inputs that are not given, and the number each then is
        self.numbers: dict[Symbol, str] = {}
        self.pending: list[Pending] = []
        self.outside = Outside()
        self._symbols: dict[Access, Symbol] = {}
        self._scope = Scope()
        self._branches = 0

    def real(self, expression: Expr, span: Span) -> Expr:
        return real(expression, span)

    def scalar(self, node: Expression, scope: Scope, local: Mapping[str, Expr] | None = None) -> Expr:
        """An expression as a SymPy expression. ``local`` gives the arguments of an operation called inline."""
        match node:
            case Number():
                return rational(node.value)
            case Name():
                return self._name(node, scope, local)
            case Read():
                if local is not None:
                    return local[node.name]
                if node.name in self.absent:
                    return self.absent[node.name]
                return self.symbol(self.access(node, scope))
            case Dots():
                raise SourceError("a group of axes is not a number", node.span, hint="write x[i...]")
            case Size():
                return S.One * self._size(node, scope)
            case Unary(operator="-"):
                return -self.scalar(node.operand, scope, local)
            case Binary(operator="+" | "-"):
                return self._sum(node, scope, local)
            case Binary(operator="*"):
                return self.scalar(node.left, scope, local) * self.scalar(node.right, scope, local)
            case Binary(operator="/"):
                divisor = self.scalar(node.right, scope, local)
                if divisor == 0:
                    raise SourceError("this divides by zero", node.right.span)
                return self.scalar(node.left, scope, local) / divisor
            case Binary(operator="^"):
                base, exponent = self.scalar(node.left, scope, local), self.scalar(node.right, scope, local)
                return real(power(base, exponent, node.span), node.span)
            case Call():
                return real(self._call(node, scope, local), node.span)
            case Reduce():
                if local is not None:
                    raise SourceError("an operation with a sum cannot be called inside a formula", node.span)
                return self.reduction(node, scope)
            case _:
                hint = "write where(condition, a, b)"
                raise SourceError("a number stands here, not a condition", node.span, hint=hint)

    def _sum(self, node: Expression, scope: Scope, local: Mapping[str, Expr] | None) -> Expr:
        """A chain of + and −, without recursion along it."""
        parts: list[Expr] = []
        while isinstance(node, Binary) and node.operator in "+-":
            right = self.scalar(node.right, scope, local)
            parts.append(right if node.operator == "+" else -right)
            node = node.left
        parts.append(self.scalar(node, scope, local))
        return Add(*reversed(parts))

    def _name(self, node: Name, scope: Scope, local: Mapping[str, Expr] | None) -> Expr:
        name = node.name
        if local is not None and name in local:
            return local[name]
        if name in self.absent:
            return self.absent[name]
        if name in scope.indices:
            symbol = index_symbol(len(self.numbers))
            for known, index in self.numbers.items():
                if index == scope.indices[name]:
                    return known
            self.numbers[symbol] = scope.indices[name]
            return symbol
        if self.sizes.knows(name):
            return self.sizes.number(node)
        if name in CONSTANTS and name not in self.shapes:
            return CONSTANTS[name]
        if local is not None and name not in self.shapes:
            raise SourceError(f"{name} must be given", node.span)
        return self.symbol(self.access(Read(name, (), node.span), scope))

    def access(self, node: Read, scope: Scope) -> Access:
        """A read of a tensor; with open names, one that nobody declared is a new parameter."""
        if node.name not in self.shapes:
            self._unknown(node)
        shape = self.shapes.get(node.name)
        coordinates = self.coordinates(node.index, scope, node.name)
        if shape is None:
            declared = getattr(self.declared.get(node.name), "shape", None)
            axes: list[Extent | None] = [None] * len(coordinates) if declared is None else list(declared)
            shape = self.shapes[node.name] = Shape(node.name, axes)
        if len(coordinates) > len(shape.axes) and any(group_of(each) for each in node.index):
            coordinates = coordinates[len(coordinates) - len(shape.axes) :]
        if len(coordinates) != len(shape.axes):
            axes_known = ", ".join("?" if axis is None else str(axis) for axis in shape.axes)
            message = f"{node.name} has {len(shape.axes)} axes, here it is read with {len(coordinates)}"
            raise SourceError(message, node.span, hint=f"its shape is [{axes_known}]")
        if node.outside is not None:
            access = self.outside.read(shape, coordinates, self.sizes.fill(*node.outside), node.span)
            self.extents.pass_by(shape, access, node.span)
            return access
        access = Access(node.name, coordinates)
        self.extents.meet(shape, access, node.span)
        return access

    def _unknown(self, node: Read) -> None:
        if not self.open_names:
            hint = did_you_mean(node.name, self.shapes)
            raise SourceError(f"{node.name} is not known here", node.span, hint=hint)
        if node.name in FUNCTIONS:
            raise SourceError(f"{node.name} is a function", node.span, hint=f"write {node.name}(…)")

    def symbol(self, access: Access) -> Symbol:
        """The dummy that stands for a read."""
        if access not in self._symbols:
            symbol = read_symbol(len(self._symbols))
            self._symbols[access] = symbol
            self.accesses[symbol] = access
        return self._symbols[access]

    def _call(self, node: Call, scope: Scope, local: Mapping[str, Expr] | None) -> Expr:
        if node.function == "where":
            condition = self.condition(node.arguments[0], scope, local)
            if condition in (true, false):
                return self.scalar(node.arguments[1 if condition is true else 2], scope, local)
            self._branches += 1
            branches = [self.scalar(each, scope, local) for each in node.arguments[1:]]
            self._branches -= 1
            return Select(condition, *branches)
        if node.function == "pow":
            base, exponent = (self.scalar(each, scope, local) for each in node.arguments)
            return power(base, exponent, node.span)
        if node.function in FUNCTIONS or node.function in ("max", "min"):
            arguments = [self.scalar(each, scope, local) for each in node.arguments]
            return elementwise(node.function, arguments)
        chosen = self.attributes.get(node.function)  # an attribute may name the operation: activation = relu
        function = chosen if isinstance(chosen, str) else node.function
        operation = self.operations.get(function)
        if operation is None:
            known = [*FUNCTIONS, "max", "min", "sum", "mean", "prod", "where", *self.operations]
            raise SourceError(f"there is no function {function}", node.span, hint=did_you_mean(function, known))
        arguments = [self.scalar(each, scope, local) for each in node.arguments]
        if local is None:
            self._scope = scope
        return inlined(operation, arguments, node, self)

    def named(self, value: Expr, span: Span) -> Expr:
        """A long ``value`` as a statement of its own, so that reading it often does not write it out as often.

        Never out of a branch, where it may have no value when the branch is not taken.
        """
        if self._branches or tree_size(value) <= LONGEST_ARGUMENT:
            return value
        into = self._temporary("u", value, (), self._scope, span)
        self.pending.append(Pending(into, real(value, span), (), Reduction.SUM, span))
        return self.symbol(into)

    def condition(self, node: Expression, scope: Scope, local: Mapping[str, Expr] | None) -> Boolean:
        decided = self.sizes.decided(node) if local is None or isinstance(node, Name) else None
        if decided is not None:
            return true if decided else false
        match node:
            case Name(name="training") if node.name not in self.shapes:
                self.asked_mode = True
                return true if self.training else false
            case Unary(operator="not"):
                return Not(self.condition(node.operand, scope, local))
            case Binary(operator="and"):
                return And(self.condition(node.left, scope, local), self.condition(node.right, scope, local))
            case Binary(operator="or"):
                return Or(self.condition(node.left, scope, local), self.condition(node.right, scope, local))
            case Binary(operator=operator) if operator in COMPARISONS:
                left, right = self.scalar(node.left, scope, local), self.scalar(node.right, scope, local)
                return COMPARISONS[operator](left, right)
        raise SourceError("a condition stands here", node.span, hint="as in where(x > 0, x, 0)")

    # Reductions ------------------------------------------------------------------------------------------------------

    def scaled_reduction(self, node: Expression, scope: Scope) -> tuple[Expr, Reduce] | None:
        """``node`` as a constant times a reduction, if it is one."""
        if isinstance(node, Reduce):
            return S.One, node
        if isinstance(node, Unary) and node.operator == "-":
            inner = self.scaled_reduction(node.operand, scope)
            return None if inner is None else (-inner[0], inner[1])
        if not isinstance(node, Binary) or node.operator not in "*/":
            return None
        sides = (
            ((node.left, node.right), (node.right, node.left)) if node.operator == "*" else ((node.left, node.right),)
        )
        for reduce, other in sides:
            inner = self.scaled_reduction(reduce, scope)
            if inner is not None and not isinstance(other, Reduce):
                factor = self.scalar(other, scope)
                if is_constant(factor) and factor != 0:
                    return (inner[0] * factor if node.operator == "*" else inner[0] / factor), inner[1]
        return None

    def reduction(self, node: Reduce, scope: Scope, into: Access | None = None, factor: Expr = S.One) -> Expr:
        """A reduction as a statement of its own; its value, a read of a temporary (or nothing, with ``into``)."""
        inner = scope
        for name in node.indices:
            if isinstance(name, Ranged) and isinstance(name.index, Dots):
                self.group_ranks[name.index.name] = self.group_rank(name)
            inner = self._bind(name.index if isinstance(name, Ranged) else name, inner, new=True)
            if isinstance(name, Ranged):
                self._range(name, inner)
        bound: list[str] = []
        for each in node.indices:
            name = each.index if isinstance(each, Ranged) else each
            bound.extend(inner.groups[name.name] if isinstance(name, Dots) else (inner.indices[name.name],))
        body = real(self.scalar(node.body, inner), node.body.span)
        if node.kind == "mean":
            body = body / Mul(*(placeholder(index) for index in bound))
        if into is None:
            into = self._temporary(TEMPORARY[node.kind], body, bound, inner, node.span)
        if node.kind in CHOOSING:
            if len(bound) != 1:
                raise SourceError(f"{node.kind} chooses along one axis", node.span)
            self.chosen[into.tensor] = placeholder(bound[0])
            self.integers.add(into.tensor)
        self.pending.append(Pending(into, body * factor, tuple(bound), KIND[node.kind], node.span))
        return self.symbol(into)

    def _temporary(self, wanted: str, body: Expr, bound: Sequence[str], scope: Scope, span: Span) -> Access:
        free = body.free_symbols
        used = {index for symbol, index in self.numbers.items() if symbol in free}
        for symbol, access in self.accesses.items():
            if symbol in free:
                used.update(access.indices())
        kept = tuple(at(index) for index in scope.in_order() if index in used and index not in bound)
        wish, count = wanted, 1
        while wish in self.shapes or wish in self.letters:
            count += 1
            wish = f"{wanted}{count}"
        shape = self.shapes[wish] = Shape(wish, [None] * len(kept), computed=True)
        access = Access(wish, kept)
        self.extents.meet(shape, access, span, writes=True)
        return access
