"""The rules of expressions and coordinates: one method a rule; what it makes are plain trees of tokens.

Rules are written with ``[x]`` for what may be left out (None stands in the tree then) and ``x*`` for any number of it.
Words and signs that only hold a rule together (``op``, brackets, commas) are not in the tree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from symbprop.language.tokens import Scanner, Token

BINDING = {"OR": 1, "AND": 2, "NOT": 3, "COMPARE": 4, "ADD": 5, "MUL": 6, "SIGN": 7, "POW": 8}
BINARY = ("POW", "MUL", "ADD", "AND", "OR")
COMPARING = (*BINARY, "COMPARE")


@dataclass(frozen=True, slots=True)
class Node:
    """A rule, what stands in it, and the characters that it covers, brackets around the whole of it left out."""

    rule: str
    children: list[Any]
    start: int
    end: int


class Waiting:
    """The operands and operators of an expression that is not at its end; beside an operand where it begins."""

    def __init__(self) -> None:
        self.operands: list[tuple[Node, int]] = []
        self.operators: list[tuple[str, Token]] = []

    def logical(self) -> bool:
        """Whether a ``not`` may follow."""
        return not self.operators or self.operators[-1][0] in ("OR", "AND", "NOT")

    def compared(self) -> bool:
        """Whether the comparison that a further operator would stand in has its sign: ``a < b < c`` says nothing."""
        last = (kind for kind, _ in reversed(self.operators) if BINDING[kind] <= BINDING["COMPARE"])
        return next(last, "") == "COMPARE"

    def join(self, binding: int, end: int) -> None:
        """Makes trees of what binds at least as tight; ``end`` is where the last operand ends."""
        while self.operators and BINDING[self.operators[-1][0]] >= binding:
            kind, operator = self.operators.pop()
            right, start = self.operands.pop()
            if kind in ("SIGN", "NOT"):
                self.operands.append((Node("unary", [operator, right], operator.start, end), operator.start))
            else:
                left, start = self.operands.pop()
                self.operands.append((Node("binary", [left, operator, right], start, end), start))


class ExpressionGrammar:
    """The rules over one text. Each raises ``Unexpected`` where the text does not follow it."""

    def __init__(self, text: str) -> None:
        self._scanner = Scanner(text)

    def _node(self, rule: str, children: list[Any], start: int) -> Node:
        return Node(rule, children, start, self._scanner.end)

    def _listed(self, rule: Callable[[], Any], end: str) -> list[Any]:
        """``rule ("," rule)* end``."""
        found = [rule()]
        while self._scanner.take(","):
            found.append(rule())
        self._scanner.need(end)
        return found

    # Expressions -----------------------------------------------------------------------------------------------------

    def _expression(self, bracketed: str = "") -> Node:
        """``expression OPERATOR expression | prefix expression | atom``, with the operators of ``BINDING``.

        Those that wait stand on a stack: a sum may have 10,000 terms. ``bracketed`` as in ``_atom``.
        """
        scanner = self._scanner
        waiting = Waiting()
        while True:
            prefix = scanner.take("ADD", "NOT") if waiting.logical() else scanner.take("ADD")
            if prefix:
                waiting.operators.append(("SIGN" if prefix.kind == "ADD" else "NOT", prefix))
                continue
            start = scanner.start
            found = self._atom("" if waiting.operators else bracketed)
            if bracketed and found.rule == bracketed:
                return found
            waiting.operands.append((found, start))
            end = scanner.end
            operator = scanner.take(*(BINARY if waiting.compared() else COMPARING))
            if operator is None:
                waiting.join(0, end)
                return waiting.operands[0][0]
            if operator.kind != "POW":  # a^b^c is a^(b^c)
                waiting.join(BINDING[operator.kind], end)
            waiting.operators.append((operator.kind, operator))

    def _atom(self, bracketed: str) -> Node:
        """``NUMBER | name | dots | read | call | "(" expression ")" | "(" ranged ")"``.

        ``bracketed`` is "group" where ``"(" axis ("," axis)+ ")"`` may stand, too, and "tuple" where a tuple may.
        """
        token = self._scanner.need("NUMBER", "NAME", "PRIMED", "DOTS", "(")
        if token.kind == "(":
            return self._bracketed(bracketed, token.start)
        if token.kind == "NUMBER":
            return self._node("number", [token], token.start)
        if token.kind == "NAME" and self._scanner.take("("):
            return self._call(token)
        if token.kind != "DOTS" and (index := self._index()):
            outside = self._outside() if self._scanner.take("ELSE") else None
            return self._node("read", [token, index, outside], token.start)
        return self._name_or_dots(token)

    def _bracketed(self, kind: str, start: int) -> Node:
        """``(expression | ranged) ")" | axis ("," axis)+ ")" | expression "," [expression ("," expression)*] ")"``."""
        first = self._scanner.start
        inside = self._or_ranged()
        axis = inside.rule in ("name", "dots", "ranged") and inside.start == first
        if kind == "group" and axis and self._scanner.take(","):
            names = [inside, self._axis()]
            while self._scanner.take(","):
                names.append(self._axis())
            names = [self._node("names", names, first)]
            self._scanner.need(")")
            return self._node("group", names, start)
        if kind == "tuple" and inside.rule != "ranged" and self._scanner.take(","):
            rest = [] if self._scanner.take(")") else self._listed(self._expression, ")")
            return self._node("tuple", [inside, *rest], start)
        self._scanner.need(")")
        return inside

    def _call(self, name: Token) -> Node:
        """``NAME "(" [parameter ("," parameter)*] ")"``; a parameter is ``expression | ranged | group``."""
        found = [None] if self._scanner.take(")") else self._listed(partial(self._or_ranged, "group"), ")")
        return self._node("call", [name, *found], name.start)

    def _outside(self) -> Node:
        """``[ADD] (NUMBER | NAME)``."""
        start = self._scanner.start
        sign = self._scanner.take("ADD")
        return self._node("outside", [sign, self._scanner.need("NUMBER", "NAME")], start)

    def _name_or_dots(self, token: Token) -> Node:
        """``NAME | PRIMED | NAME? "..."``."""
        if token.kind == "DOTS" or (token.kind == "NAME" and self._scanner.take("DOTS")):
            return self._node("dots", [token] * (token.kind == "NAME"), token.start)
        return self._node("name", [token], token.start)

    # Coordinates -----------------------------------------------------------------------------------------------------

    def _index(self) -> Node | None:
        """``"[" [coordinate ("," coordinate)*] "]"``."""
        if not (bracket := self._scanner.take("[")):
            return None
        found = [None] if self._scanner.take("]") else self._listed(self._coordinate, "]")
        return self._node("index", found, bracket.start)

    def _coordinate(self) -> Node:
        """``expression | ranged | "flat" "(" axis ("," axis)* ")"``."""
        if flat := self._scanner.take("FLAT"):
            self._scanner.need("(")
            return self._node("flat", self._listed(self._axis, ")"), flat.start)
        return self._or_ranged()

    def _axis(self) -> Node:
        """``name | dots | ranged``."""
        start = self._scanner.start
        name = self._scanner.need("NAME", "PRIMED", "DOTS")
        return self._after(self._name_or_dots(name), start)

    def _or_ranged(self, bracketed: str = "") -> Node:
        """``expression | ranged``."""
        start = self._scanner.start
        return self._after(self._expression(bracketed), start)

    def _after(self, found: Node, start: int) -> Node:
        """``(name | dots) ":" expression``, if ``found`` is that name and a ":" follows."""
        if found.rule in ("name", "dots") and found.start == start and self._scanner.take(":"):
            return self._node("ranged", [found, self._expression()], start)
        return found
