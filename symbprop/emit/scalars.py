"""Equations between single numbers as plain Python: operators for ufuncs, ``if`` for a selection."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sympy import Add, Basic, Expr, Mul, Pow, Rational, S, Symbol

from symbprop.calculus.functions import Detach, Held, Select, is_condition
from symbprop.calculus.nodes import inverse, ordered, split_sign
from symbprop.emit.calls import HELPERS, UFUNCS, helper_call
from symbprop.emit.lines import WIDTH, comment
from symbprop.emit.shapes import as_extreme, is_log_of_one_plus
from symbprop.emit.sizes import number

LONG = 56  # characters of a subexpression that gets a name of its own
OR, AND, NOT, COMPARE, SUM, PRODUCT, SIGN, POWER, ATOM = range(9)
WORDS = {"And": (" and ", AND), "Or": (" or ", OR)}

Text = tuple[str, int]  # an expression and how tightly its outermost operator binds


class Scalars:
    """Writes ``target = expression`` as lines. ``leaves`` are the names of symbols, ``fresh`` gives new names."""

    def __init__(self, leaves: Mapping[Symbol, str], fresh: Callable[[], str], indent: int = 4) -> None:
        self.lines: list[str] = []
        self.helpers: set[str] = set()
        self._leaves = leaves
        self._fresh = fresh
        self._pad = " " * indent

    def assign(self, target: str, expression: Expr, note: str, wrap: str = "") -> None:
        """``target = wrap(expression)``, with its equation's number behind it, or above where it is a selection."""
        if self._branches(expression):
            self.lines.extend(comment(note, len(self._pad)) if note else [])
            self._branch(target, expression, wrap)
            return
        text, _ = self._text(expression)
        line = f"{self._pad}{target} = {f'{wrap}({text})' if wrap else text}"
        if note and len(line) + 2 + len(f"# {note}") > WIDTH:
            self.lines.extend([*comment(note, len(self._pad)), line])
        else:
            self.lines.append(f"{line}  # {note}" if note else line)

    def _branches(self, node: Basic) -> bool:
        return isinstance(node, Select) and as_extreme(node) is None

    def _branch(self, target: str, node: Expr, wrap: str) -> None:
        """A chain of selections as ``if``, ``elif``, ``else``; what a branch needs is computed in it."""
        heads: list[str] = []
        values: list[Expr] = []
        while self._branches(node):
            condition, chosen, node = node.args
            heads.append(f"{'elif' if heads else 'if'} {self._text(condition)[0]}:")
            values.append(chosen)
        for head, value in zip([*heads, "else:"], [*values, node], strict=True):
            inner = Scalars(self._leaves, self._fresh, len(self._pad) + 4)
            inner.assign(target, value, "", wrap)
            self.lines.extend([f"{self._pad}{head}", *inner.lines])
            self.helpers |= inner.helpers

    def _text(self, node: Basic) -> Text:
        text, binding = self._plain(node)
        if len(text) > LONG and not is_condition(node):
            name = self._fresh()
            self.lines.append(f"{self._pad}{name} = {text}")
            return name, ATOM
        return text, binding

    def _inside(self, node: Basic, binding: int) -> str:
        text, own = self._text(node)
        return text if own >= binding else f"({text})"

    def _plain(self, node: Basic) -> Text:
        match node:
            case Symbol():
                return self._leaves[node], ATOM
            case Detach() | Held():
                return self._text(node.args[0])
            case Add():
                return self._sum(node)
            case Mul():
                return self._product(node)
            case Pow():
                return self._power(node)
            case Select():
                return self._select(node)
        if isinstance(node, Expr) and node.is_number:
            text = number(node)
            return text, SIGN if text.startswith("-") else ATOM
        if is_condition(node):
            return self._condition(node)
        name = type(node).__name__
        if name in HELPERS:
            self.helpers.add(HELPERS[name])
            function, arguments = helper_call(node)
            return self._call(function, *arguments), ATOM
        if is_log_of_one_plus(node):
            return self._call("np.log1p", node.args[0] - 1), ATOM
        return self._call(f"np.{UFUNCS.get(name, name.lower())}", *node.args), ATOM

    def _call(self, function: str, *arguments: Basic) -> str:
        return f"{function}({', '.join(self._text(each)[0] for each in arguments)})"

    def _sum(self, node: Add) -> Text:
        signed = [split_sign(term) for term in ordered(list(node.args))]
        signed.sort(key=lambda each: each[0] < 0)
        (sign, first), *rest = signed
        text = self._inside(first, SUM) if sign > 0 else f"-{self._inside(first, SIGN)}"
        for sign, term in rest:
            text += f" + {self._inside(term, SUM)}" if sign > 0 else f" - {self._inside(term, PRODUCT)}"
        return text, SUM

    def _product(self, node: Mul) -> Text:
        sign, node = split_sign(node)
        above: list[Expr] = []
        below: list[Expr] = []
        for factor in ordered(list(Mul.make_args(node))):
            if isinstance(factor, Rational) and factor.q != 1 and factor.p in (1, -1):
                below.insert(0, Rational(factor.q))
                above.extend([S.NegativeOne] if factor.p < 0 else [])
            elif isinstance(factor, Pow) and factor.exp.is_Rational and factor.exp.is_negative:
                below.append(inverse(factor))
            else:
                above.append(factor)
        parts = [self._inside(each, PRODUCT) for each in above] or ["1"]
        text = " * ".join(parts)
        for each in below:
            text += f" / {self._inside(each, SIGN)}"
        single = len(parts) == 1 and not below
        if sign < 0:
            return f"-{parts[0] if single else text}", SIGN if single else PRODUCT
        return text, PRODUCT

    def _power(self, node: Pow) -> Text:
        if node.exp.is_Rational and node.exp.is_negative:
            return f"1 / {self._inside(inverse(node), SIGN)}", PRODUCT
        if node.exp == Rational(1, 2):
            return self._call("np.sqrt", node.base), ATOM
        base = node.base
        # An integer would overflow, or refuse a negative exponent.
        text = repr(float(base)) if base.is_Rational and base > 0 else self._inside(base, ATOM)
        exponent = self._inside(node.exp, ATOM)
        operator = "**" if _is_simple(text) and _is_simple(exponent) else " ** "
        return f"{text}{operator}{exponent}", POWER

    def _select(self, node: Select) -> Text:
        extreme = as_extreme(node)
        if extreme is not None:
            name, left, right = extreme
            return self._call({"maximum": "max", "minimum": "min"}[name], left, right), ATOM
        name = self._fresh()
        self._branch(name, node, "")
        return name, ATOM

    def _condition(self, node: Basic) -> Text:
        kind = type(node).__name__
        if node.is_Relational:
            left, right = (self._inside(each, SUM) for each in node.args)
            return f"{left} {node.rel_op} {right}", COMPARE
        if kind == "Not":
            return f"not {self._inside(node.args[0], COMPARE)}", NOT
        word, binding = WORDS[kind]
        return word.join(self._inside(each, binding + 1) for each in ordered(list(node.args))), binding


def _is_simple(text: str) -> bool:
    """Whether a formatter would let a power hug its operand: a name or a number."""
    return text.replace("_", "").replace(".", "").replace("e-", "").isalnum()
