"""The rules of operations and equations, over those of ``expression_grammar.py``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from symbprop.language.expression_grammar import ExpressionGrammar, Node


class Grammar(ExpressionGrammar):
    """The grammar of the index language over one text."""

    def whole(self, start: str) -> Node:
        """The whole text, as the rule ``start``."""
        rules: dict[str, Callable[[], Node]] = {
            "operation": self._operation, "equations": self._equations, "expression": self._expression
        }  # fmt: skip
        node = rules[start]()
        self._scanner.finish()
        return node

    # Operations ------------------------------------------------------------------------------------------------------

    def _operation(self) -> Node:
        """``NEWLINE* "op" title "(" [arguments] [";" attributes] ")" ":" NEWLINE line (separator+ line)* separator*``."""
        scanner = self._scanner
        start = scanner.start
        while scanner.take("NEWLINE"):
            pass
        scanner.need("OP")
        title = self._title()
        scanner.need("(")
        children: list[Any] = [title, None, None]
        if not scanner.sees(";") and not scanner.sees(")"):
            children[1] = self._several("arguments", self._argument)
        if scanner.take(";"):
            children[2] = self._several("attributes", self._attribute)
        for kind in (")", ":", "NEWLINE"):
            scanner.need(kind)
        children.append(self._line())
        while self._separated():
            children.append(self._line())
        return self._node("operation", children, start)

    def _separated(self) -> bool:
        """Whether a line follows, after one separator (a newline or ";") or more."""
        found = self._scanner.take("NEWLINE", ";")
        while found and self._scanner.take("NEWLINE", ";"):
            pass
        return found is not None and self._scanner.start < len(self._scanner.text)

    def _title(self) -> Node:
        """``NAME ["{" NAME "}" [NAME]]``."""
        name = self._scanner.need("NAME")
        family = rest = None
        if self._scanner.take("{"):
            family = self._scanner.need("NAME")
            self._scanner.need("}")
            rest = self._scanner.take("NAME")
        return self._node("title", [name, family, rest], name.start)

    def _line(self) -> Node:
        """``equation | LET NAME "=" expression``."""
        if let := self._scanner.take("LET"):
            name = self._scanner.need("NAME")
            self._scanner.need("=")
            return self._node("let", [let, name, self._expression()], let.start)
        return self._equation()

    def _several(self, rule: str, one: Callable[[], Node]) -> Node:
        """``one ("," one)*``."""
        start = self._scanner.start
        found = [one()]
        while self._scanner.take(","):
            found.append(one())
        return self._node(rule, found, start)

    def _argument(self) -> Node:
        """``[STATE] NAME index? noise? alias? initializer? interval?``."""
        first = self._scanner.start
        children: list[Any] = [self._scanner.take("STATE"), self._scanner.need("NAME")]
        rules = (self._index, self._noise, self._alias, self._initializer, self._interval)
        return self._node("argument", children + [part for rule in rules if (part := rule())], first)

    def _noise(self) -> Node | None:
        """``"~" NAME``."""
        if not (sign := self._scanner.take("~")):
            return None
        return self._node("noise", [self._scanner.need("NAME")], sign.start)

    def _alias(self) -> Node | None:
        """``"as" NAME``."""
        if not (word := self._scanner.take("AS")):
            return None
        return self._node("alias", [self._scanner.need("NAME")], word.start)

    def _initializer(self) -> Node | None:
        """``"=" (NAME | NUMBER)``."""
        if not (sign := self._scanner.take("=")):
            return None
        return self._node("initializer", [self._scanner.need("NAME", "NUMBER")], sign.start)

    def _interval(self) -> Node | None:
        """``"in" "[" expression "," expression "]"``."""
        if not (word := self._scanner.take("IN")):
            return None
        self._scanner.need("[")
        low = self._expression()
        self._scanner.need(",")
        high = self._expression()
        self._scanner.need("]")
        return self._node("interval", [low, high], word.start)

    def _attribute(self) -> Node:
        """``NAME ["=" default] ("|" NAME)* [interval]``."""
        name = self._scanner.need("NAME")
        children: list[Any] = [name, self._default() if self._scanner.take("=") else None]
        while self._scanner.take("|"):
            children.append(self._scanner.need("NAME"))
        children.append(self._interval())
        return self._node("attribute", children, name.start)

    def _default(self) -> Node:
        """``expression | "(" expression "," [expression ("," expression)*] ")"``: the second is a tuple."""
        start = self._scanner.start
        found = self._expression(bracketed="tuple")
        return found if found.rule == "tuple" else self._node("default", [found], start)

    # Equations -------------------------------------------------------------------------------------------------------

    def _equations(self) -> Node:
        """``separator* [statement (separator+ statement)* separator*]``."""
        start = self._scanner.start
        while self._scanner.take("NEWLINE", ";"):
            pass
        found: list[Any] = [None]
        if self._scanner.start < len(self._scanner.text):
            found = [self._statement()]
            while self._separated():
                found.append(self._statement())
        return self._node("equations", found, start)

    def _statement(self) -> Node:
        """``equation | STATE NAME index? alias? initializer | NAME index noise``."""
        if not (state := self._scanner.take("STATE")):
            return self._equation(noise=True)
        children: list[Any] = [state, self._scanner.need("NAME")]
        children += [part for rule in (self._index, self._alias) if (part := rule())]
        if (start := self._initializer()) is None:
            raise self._scanner.fault()
        return self._node("declaration", [*children, start], state.start)

    def _equation(self, noise: bool = False) -> Node:
        """``(NAME | PRIMED) [index] ("=" | ACCUMULATE) expression ["if" expression] | NAME index noise``, this if ``noise``."""
        name = self._scanner.need("NAME", "PRIMED")
        index = self._index()
        if noise and index and name.kind == "NAME" and (drawn := self._noise()):
            return self._node("declaration", [name, index, drawn], name.start)
        sign = self._scanner.need("=", "ACCUMULATE")
        children = [name, index] + [sign] * (sign.kind == "ACCUMULATE") + [self._expression()]
        children.append(self._expression() if self._scanner.take("IF") else None)
        return self._node("equation", children, name.start)
