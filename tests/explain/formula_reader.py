"""Reads printed formulas back, by rules of its own: the independent truth that printed formulas are held against.

Products are written by juxtaposition; ``/`` binds like a product and groups to the left; ``1/2`` is one number; Σ reaches
over one product.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

Elements = Mapping[tuple[int, ...], float]
Point = Mapping[str, int]
Formula = Callable[[Point], Any]

SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
SUBSCRIPT = dict(zip("ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "aehijklmnoprstuvx", strict=True))
REDUCTIONS: Mapping[str, Callable[[list[float]], float]] = {"Σ": math.fsum, "Π": math.prod, "max": max, "min": min}
LETTER = r"(?![⁰¹²³⁴-⁹ₐ-ₜᵢᵣᵤᵥⱼΣΠ])[^\W\d]"
TOKEN = re.compile(
    rf"\s*((?:Σ|Π|argmax|max|min)(?:[ₐ-ₜᵢᵣᵤᵥⱼ]+|_\{{[^}}]*\}}|_\w'*)|1\[|\d+/\d+|\d+(?:\.\d+)?|[⁻⁰¹²³⁴-⁹]+"
    rf"|{LETTER}(?:(?![⁰¹²³⁴-⁹ₐ-ₜᵢᵣᵤᵥⱼ])[\w\u0304\u0305\u0307'])*|\S)"
)
ENDS_A_PRODUCT = {*"+−),}<>≤≥=≠];", "if", "else", "and", "or", ""}
COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "≤": lambda a, b: a <= b,
    "≥": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
    "≠": lambda a, b: a != b,
}
FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "exp": math.exp,
    "log": math.log,
    "tanh": math.tanh,
    "sin": math.sin,
    **{name: getattr(math, name) for name in ("cos", "tan", "sinh", "cosh", "asinh", "atan", "erfc")},
    "erf": math.erf,
    "max": max,
    "min": min,
    "sign": lambda x: (x > 0) - (x < 0),
    "floor": math.floor,
}


class FormulaReader:
    """Makes a function of the indices from a printed formula.

    ``tensors`` gives the elements of each name as it is printed, ``ranges`` the number of values of each index. Where an
    index that is summed over stands alone in an axis, its values are that axis's, as ``shapes`` has it, unless they are
    ``stated`` beside the formula.
    """

    def __init__(
        self,
        text: str,
        tensors: Mapping[str, Elements],
        ranges: Mapping[str, int],
        shapes: Mapping[str, Sequence[int]] = MappingProxyType({}),
        stated: Collection[str] = (),
    ) -> None:
        self.text = text
        self.tokens: list[str] = TOKEN.findall(text)
        self.at = 0
        self.tensors = tensors
        self.ranges = ranges
        self.shapes = shapes
        self.stated = stated
        self.axes: dict[str, int] = {}  # of each index, the least axis that it stands alone in
        self.in_bars = False

    def whole(self) -> Formula:
        formula = self.sum()
        assert self.at == len(self.tokens), f"{self.text!r}: {self.tokens[self.at :]} is left over"
        return formula

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        token = self.peek()
        assert not expected or token == expected, f"{self.text!r}: {expected!r} expected, {token!r} found"
        self.at += 1
        return token

    def sum(self) -> Formula:
        negative = self.peek() == "−" and bool(self.take())
        terms = [(-1 if negative else 1, self.product())]
        while self.peek() in ("+", "−"):
            terms.append((1 if self.take() == "+" else -1, self.product()))
        return lambda point: sum(sign * term(point) for sign, term in terms)

    def product(self) -> Formula:
        value = self.power()
        while self.peek() not in ENDS_A_PRODUCT and not (self.in_bars and self.peek() == "|"):
            operator = self.take() if self.peek() in ("/", "·") else ""
            value = partial(_multiply, value, self.power(), operator == "/")
        return value

    def power(self) -> Formula:
        base = self.atom()
        if self.peek() and self.peek()[0] in "⁻⁰¹²³⁴⁵⁶⁷⁸⁹":
            exponent = int(self.take().translate(SUPERSCRIPT))
            return lambda point: base(point) ** exponent
        if self.peek() == "^":
            self.take()
            power = self.atom()
            return lambda point: base(point) ** power(point)
        return base

    def atom(self) -> Formula:
        token = self.take()
        if token[0].isdecimal() and token != "1[":
            above, _, below = token.partition("/")
            return lambda point: float(above) / float(below or 1)
        if token == "√":
            inside = self.atom()
            return lambda point: math.sqrt(inside(point))
        if token in ("(", "|", "{", "1["):
            return self.bracketed(token)
        if token[0] in "ΣΠ" or re.match(r"(max|min)[^(]", token):
            return self.reduction(token)
        if token in FUNCTIONS and self.peek() == "(":
            self.take()
            arguments = self.inside(self.arguments, ")")
            return lambda point: FUNCTIONS[token](*(each(point) for each in arguments))
        return self.leaf(token)

    def leaf(self, name: str) -> Formula:
        index: list[Formula] = []
        if self.peek() == "[":
            self.take()
            first = self.at
            index = self.inside(self.arguments, "]")
            self.meet(name, self.tokens[first : self.at - 1])
        if name == "δ":
            return lambda point: float(index[0](point) == index[1](point))
        if name in self.tensors:
            elements = self.tensors[name]
            return lambda point: elements[tuple(int(each(point)) for each in index)]
        assert not index, f"{self.text!r}: there is no tensor {name}"
        constants = {"π": math.pi, "e": math.e, "∞": math.inf}
        return lambda point: point[name] if name in point else constants[name]

    def meet(self, tensor: str, inside: Sequence[str]) -> None:
        """Note how long the axes are in which an index stands alone."""
        if tensor not in self.shapes or "[" in inside:
            return
        coordinates = " ".join(inside).split(" , ")
        for coordinate, size in zip(coordinates, self.shapes[tensor], strict=True):
            self.axes[coordinate] = min(size, self.axes.get(coordinate, size))

    def reduction(self, token: str) -> Formula:
        match = re.fullmatch(r"(Σ|Π|max|min)(?:_\{(.*)\}|_(.*)|(.*))", token)
        assert match is not None
        names = match[2].split(",") if match[2] else [match[3]] if match[3] else [SUBSCRIPT[c] for c in match[4]]
        outside, self.axes = self.axes, {}
        body = self.product()
        known = {**self.ranges, **self.axes, **{name: self.ranges[name] for name in self.stated}}
        spans = [range(known[name]) for name in names]
        self.axes = outside

        def reduce(point: Point) -> float:
            values = itertools.product(*spans)
            return REDUCTIONS[match[1]]([body({**point, **dict(zip(names, v, strict=True))}) for v in values])

        return reduce

    def bracketed(self, opening: str) -> Formula:
        if opening == "(":
            return self.inside(self.sum, ")")
        if opening == "|":
            content = self.inside(self.sum, "|")
            return lambda point: abs(content(point))
        if opening == "1[":
            condition = self.inside(self.condition, "]")
            return lambda point: float(condition(point))
        return self.inside(self.cases, "}")

    def inside(self, content: Callable[[], Any], end: str) -> Any:
        """What stands between brackets, where a bar outside them means nothing."""
        outside, self.in_bars = self.in_bars, end == "|"
        value = content()
        self.in_bars = outside
        self.take(end)
        return value

    def arguments(self) -> list[Formula]:
        found = [self.sum()]
        while self.peek() == ",":
            self.take()
            found.append(self.sum())
        return found

    def cases(self) -> Formula:
        chosen = self.sum()
        self.take("if")
        condition = self.condition()
        self.take("else")
        otherwise = self.sum()
        return lambda point: chosen(point) if condition(point) else otherwise(point)

    def condition(self) -> Formula:
        left = self.sum()
        compare = COMPARE[self.take()]
        right = self.sum()
        return lambda point: compare(left(point), right(point))


def _multiply(left: Formula, right: Formula, divide: bool, point: Point) -> float:
    return left(point) / right(point) if divide else left(point) * right(point)  # type: ignore[no-any-return]
