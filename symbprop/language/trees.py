"""What the parser builds at each rule of the grammar, bottom-up and without recursion: a sum may have 10,000 terms."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from dataclasses import replace
from fractions import Fraction
from typing import Any

from lark import Token, Tree
from lark.tree import Meta

from symbprop.language.functions import BUILTINS, REDUCTIONS
from symbprop.language.scope import index_names, reads
from symbprop.language.source import Source, SourceError, Span, did_you_mean
from symbprop.language.syntax import (
    Argument,
    Attribute,
    AttributeValue,
    Binary,
    Call,
    Dots,
    Draw,
    Equation,
    Expression,
    Flat,
    Let,
    Name,
    Number,
    Operation,
    Ranged,
    Read,
    Reduce,
    Size,
    Unary,
)

RULES = {"tuple": "tuple_"}  # rules whose name Python has taken
PRIME, NEXT = "'", "_next"  # m' in text is the tensor m_next
DIGITS = 1000
EXPONENT = 400


class Trees:
    """One method a rule; ``source`` is what spans point into."""

    def __init__(self, source: Source, comment: str = "") -> None:
        self.source = source
        self.comment = comment
        self._primed: dict[str, tuple[str, Span]] = {}

    def build(self, root: Tree[Token]) -> Any:
        """The syntax tree of a parse tree."""
        results: list[Any] = []
        stack: list[tuple[Any, bool]] = [(root, False)]
        while stack:
            node, visited = stack.pop()
            if not isinstance(node, Tree):
                results.append(node)
            elif visited:
                count = len(node.children)
                children = results[len(results) - count :]
                del results[len(results) - count :]
                results.append(getattr(self, RULES.get(str(node.data), str(node.data)))(node.meta, children))
            else:
                stack.append((node, True))
                stack.extend((child, False) for child in reversed(node.children))
        return results[0]

    def _span(self, meta: Meta) -> Span:
        return self.source.span(meta.start_pos, meta.end_pos) if not meta.empty else self.source.span(0)

    def _token(self, token: Token) -> Span:
        return self.source.span(token.start_pos or 0, token.end_pos)

    # Expressions -----------------------------------------------------------------------------------------------------

    def number(self, meta: Meta, children: list[Any]) -> Number:
        text = str(children[0])
        mantissa, _, exponent = text.lower().partition("e")
        if len(mantissa) > DIGITS or abs(int(exponent or 0)) > EXPONENT:
            raise SourceError("this number is too large or too long", self._span(meta), hint="scale the formula")
        return Number(Fraction(text), self._span(meta))

    def name(self, meta: Meta, children: list[Any]) -> Name:
        return Name(self._named(children[0]), self._span(meta))

    def read(self, meta: Meta, children: list[Any]) -> Read:
        return Read(self._named(children[0]), children[1], self._span(meta), children[2])

    def outside(self, meta: Meta, children: list[Any]) -> tuple[int, Number | Name]:
        sign, token = children
        number = str(token)[0].isdigit() or str(token)[0] == "."
        value = self.number(meta, [token]) if number else self.name(meta, [token])
        return (-1 if sign == "-" else 1, value)

    def binary(self, meta: Meta, children: list[Any]) -> Binary:
        left, operator, right = children
        operator = "^" if operator == "**" else str(operator)
        if operator == "^" and isinstance(right, Number) and abs(right.value) > 1000:
            raise SourceError("this exponent is absurdly large", right.span, hint="scale the formula")
        return Binary(operator, left, right, self._span(meta))

    def unary(self, meta: Meta, children: list[Any]) -> Expression:
        operator, operand = children
        return operand if operator == "+" else Unary(str(operator), operand, self._span(meta))

    def group(self, meta: Meta, children: list[Any]) -> tuple[Name | Dots | Ranged, ...]:
        return tuple(children[0])

    def names(self, meta: Meta, children: list[Any]) -> tuple[Name | Dots | Ranged, ...]:
        return tuple(children)

    def call(self, meta: Meta, children: list[Any]) -> Expression:
        name, arguments, span = _normal(children[0]), [c for c in children[1:] if c is not None], self._span(meta)
        if name == "size":
            if len(arguments) != 1 or not isinstance(arguments[0], (Name, Dots)):
                raise SourceError("size takes one index", span, hint="write size(k)")
            return Size(arguments[0], span)
        if name in REDUCTIONS and self._is_reduction(name, arguments):
            return self._reduce(name, arguments, span)
        for each in arguments:
            if isinstance(each, (tuple, Dots, Ranged)):
                raise SourceError(f"{name} takes numbers, not indices", span)
        if name in BUILTINS:
            low, high = BUILTINS[name]
            if len(arguments) < low or (high is not None and len(arguments) > high):
                wanted = str(low) if low == high else f"at least {low}"
                raise SourceError(f"{name} takes {wanted} argument{'s' * (low > 1)}, here are {len(arguments)}", span)
        return Call(name, tuple(arguments), span)

    def _is_reduction(self, name: str, arguments: list[Any]) -> bool:
        if name in ("sum", "mean", "prod", "argmax", "argmin"):
            return True
        if len(arguments) != 2 or isinstance(arguments[1], (tuple, Dots, Ranged)):
            return False
        first = arguments[0]
        if isinstance(first, (tuple, Dots, Ranged)):
            return True
        return isinstance(first, Name) and any(
            isinstance(each, Name) and each.name == first.name
            for read in reads(arguments[1])
            for coordinate in read.index
            for each in index_names(coordinate)
        )

    def _reduce(self, name: str, arguments: list[Any], span: Span) -> Reduce:
        hint = f"write {name}(k, x[k]), or {name}((n, k), x[n, k])"
        if len(arguments) != 2 or isinstance(arguments[1], (tuple, Dots, Ranged)):
            raise SourceError(f"{name} takes an index and an expression", span, hint=hint)
        first = arguments[0]
        indices = first if isinstance(first, tuple) else (first,)
        if not all(isinstance(each, (Name, Dots, Ranged)) for each in indices):
            raise SourceError(f"{name} reduces over an index", getattr(first, "span", span), hint=hint)
        bare = [each.index if isinstance(each, Ranged) else each for each in indices]
        if len({(type(each), each.name) for each in bare}) != len(indices):
            raise SourceError("an index stands twice here", span)
        return Reduce(name, indices, arguments[1], span)

    # Coordinates -----------------------------------------------------------------------------------------------------

    def dots(self, meta: Meta, children: list[Any]) -> Dots:
        return Dots(_normal(children[0]) if children and children[0] is not None else "", self._span(meta))

    def flat(self, meta: Meta, children: list[Any]) -> Flat:
        return Flat(tuple(children), self._span(meta))

    def ranged(self, meta: Meta, children: list[Any]) -> Ranged:
        return Ranged(children[0], children[1], self._span(meta))

    def index(self, meta: Meta, children: list[Any]) -> tuple[Any, ...]:
        if not (found := tuple(each for each in children if each is not None)):
            raise SourceError("the brackets are empty", self._span(meta), hint="a scalar stands without brackets")
        return found

    # Equations and operations ----------------------------------------------------------------------------------------

    def equation(self, meta: Meta, children: list[Any]) -> Equation:
        name, index, *assign, expression, condition = children
        end = (start := name.start_pos or 0) + len(name)
        span = self.source.span(start, end if index is None else min(meta.end_pos, end + 1))
        target = Read(self._named(name), index or (), span)
        return Equation(target, bool(assign), expression, self._span(meta), condition, str(name).endswith(PRIME))

    def _named(self, token: Token) -> str:
        """A tensor's name; ``m'``, the next value of m, is the tensor m_next."""
        name = _normal(token)
        if name.endswith(PRIME):
            base = name.removesuffix(PRIME)
            name = base + NEXT
            self._primed.setdefault(name, (base, self._token(token)))
        return name

    def _check_primed(self, arguments: Collection[str]) -> None:
        for base, span in self._primed.values():
            if base not in arguments:
                message = f"{base}' is the next value of {base}, which is no argument here"
                raise SourceError(message, span, hint=f"give the operation an argument: state {base} = zeros")

    def equations(self, meta: Meta, children: list[Any]) -> tuple[Equation | Argument, ...]:
        self._check_primed({each.name for each in children if isinstance(each, Argument)})
        return tuple(each for each in children if each is not None)

    def declaration(self, meta: Meta, children: list[Any]) -> Argument:
        return self.argument(meta, children if children[0].type == "STATE" else [None, *children])

    def alias(self, meta: Meta, children: list[Any]) -> tuple[str, str]:
        return ("alias", str(children[0]))

    def initializer(self, meta: Meta, children: list[Any]) -> tuple[str, str | Fraction]:
        token = children[0]
        return ("initializer", Fraction(str(token)) if token.type == "NUMBER" else str(token))

    def interval(self, meta: Meta, children: list[Any]) -> tuple[str, tuple[Fraction, Fraction]]:
        low, high = (_constant(each) for each in children)
        if not low < high:
            raise SourceError("an interval runs from the smaller to the larger end", self._span(meta))
        return ("interval", (low, high))

    def noise(self, meta: Meta, children: list[Any]) -> tuple[str, Draw]:
        known = [draw.value for draw in Draw if draw is not Draw.ORTHOGONAL]
        if str(children[0]) not in known:
            message, span = f"there is no noise '{children[0]}'", self._token(children[0])
            raise SourceError(message, span, hint=did_you_mean(str(children[0]), known))
        return ("noise", Draw(str(children[0])))

    def argument(self, meta: Meta, children: list[Any]) -> Argument:
        state, name, *rest = children
        index = rest.pop(0) if rest and not isinstance(rest[0][0], str) else None
        extra = dict(rest)
        start = extra.get("initializer", "")
        absent = start if isinstance(start, Fraction) else None
        return Argument(
            _normal(name), index or (), extra.get("alias", ""), "" if absent is not None else start,
            extra.get("interval"), self._token(name), absent, state is not None, extra.get("noise"),
        )  # fmt: skip

    def arguments(self, meta: Meta, children: list[Any]) -> tuple[Argument, ...]:
        """``= name`` is an initialiser, unless it names an argument before it: then that argument's data."""
        found: list[Argument] = []
        for each in children:
            if any(each.initializer == other.name for other in found):
                each = replace(each, initializer="", absent=each.initializer)
            found.append(each)
        return tuple(found)

    def default(self, meta: Meta, children: list[Any]) -> AttributeValue:
        node = children[0]
        if isinstance(node, Name):
            return {"true": True, "false": False}.get(node.name, node.name)
        return _constant(node)

    def tuple_(self, meta: Meta, children: list[Any]) -> AttributeValue:
        return tuple(_constant(each) for each in children if each is not None)

    def attribute(self, meta: Meta, children: list[Any]) -> Attribute:
        name, default, *others, interval = children
        choices = (str(default), *map(_normal, others)) if others else ()
        return Attribute(_normal(name), default, self._token(name), choices, interval and interval[1])

    def title(self, meta: Meta, children: list[Any]) -> tuple[str, str, Span]:
        name, family, rest = ("" if each is None else _normal(each) for each in children)
        return f"{name}{{{family}}}{rest}" if family else name, family, self._span(meta)

    def let(self, meta: Meta, children: list[Any]) -> Let:
        return Let(_normal(children[1]), children[2], self._token(children[1]))

    def attributes(self, meta: Meta, children: list[Any]) -> tuple[Attribute, ...]:
        return tuple(children)

    def operation(self, meta: Meta, children: list[Any]) -> Operation:
        (name, family, span), arguments, attributes, *lines = children
        taken: set[str] = set()
        for each in (*(arguments or ()), *(attributes or ())):
            if each.name in taken:
                raise SourceError(f"{each.name} stands twice in the signature", each.span)
            taken.add(each.name)
        self._check_primed({each.name for each in arguments or ()})
        found = tuple(each for each in lines if isinstance(each, Equation))
        lets = tuple(each for each in lines if isinstance(each, Let))
        return Operation(name, arguments or (), attributes or (), found, self.comment, span, lets, family)


def _normal(token: Any) -> str:
    return unicodedata.normalize("NFKC", str(token))


def _constant(node: Any) -> Fraction:
    """The value of a constant expression in a signature: a number, a negated one, or a quotient."""
    match node:
        case Number():
            return node.value
        case Unary(operator="-"):
            return -_constant(node.operand)
        case Binary(operator="/"):
            return _constant(node.left) / _constant(node.right)
        case Binary(operator="*"):
            return _constant(node.left) * _constant(node.right)
    raise SourceError("a number stands here", node.span)
