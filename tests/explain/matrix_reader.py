"""Evaluates a printed matrix formula with NumPy, by rules of its own.

A tensor with two axes is a matrix, one with one axis a column. Neighbours are multiplied as matrices, or as a number and
an array; ⊙ and ⊘ act on elements. A column of ones has whatever length its neighbour needs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
TOKEN = re.compile(
    r"\s*(𝟏ᵀ|𝟏|1\[|‖²|\d+/\d+|\d+(?:\.\d+)?|[⁻⁰-⁹²³¹]+|⊙\d|ᵀ|[^\W\d⁰-⁹²³ᵀ𝟏](?:(?!ᵀ|𝟏|²|³)[\w\u0304\u0305])*|\S)"
)
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "sin": np.sin,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "erf": np.vectorize(math.erf),
    "max": np.maximum,
    "min": np.minimum,
    "sign": np.sign,
    "tr": np.trace,
}
COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "<": np.less,
    ">": np.greater,
    "≤": np.less_equal,
    "≥": np.greater_equal,
    "=": np.equal,
    "≠": np.not_equal,
}
ENDS = {*"+−)],⟩<>≤≥=≠", "‖²", ""}


class Ones:
    """A column of ones of any length, or, turned, a row."""

    def __init__(self, row: bool = False) -> None:
        self.row = row


class MatrixReader:
    """Evaluates ``text``; ``values`` holds arrays of two dimensions, numbers, and integer columns for ``onehot``."""

    def __init__(self, text: str, values: Mapping[str, Any], classes: Mapping[str, int]) -> None:
        self.text = text
        self.tokens: list[str] = TOKEN.findall(text)
        self.at = 0
        self.values = values
        self.classes = classes
        self.in_bars = False

    def whole(self) -> Any:
        value = self.sum()
        assert self.at == len(self.tokens), f"{self.text!r}: {self.tokens[self.at :]} is left over"
        return value

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        token = self.peek()
        assert not expected or token == expected, f"{self.text!r}: {expected!r} expected, {token!r} found"
        self.at += 1
        return token

    def sum(self) -> Any:
        negative = self.peek() == "−" and bool(self.take())
        value = -self.product() if negative else self.product()
        while self.peek() in ("+", "−"):
            value = value + self.product() if self.take() == "+" else value - self.product()
        return value

    def product(self) -> Any:
        value = self.factor()
        while self.peek() not in ENDS and not (self.in_bars and self.peek() == "|"):
            operator = self.take() if self.peek() in ("⊙", "⊘", "/") else ""
            right = self.factor()
            if operator == "⊙":
                value = value * right
            elif operator:
                assert operator == "⊘" or np.ndim(right) == 0, f"{self.text!r}: / by an array"
                value = value / right
            else:
                value = matrix_product(value, right)
        return value

    def factor(self) -> Any:
        value = self.atom()
        if self.peek()[:1] == "⁻":
            return value ** int(self.take().translate(SUPERSCRIPT))
        while self.peek() in ("ᵀ", "²", "^"):
            mark = self.take()
            if mark == "ᵀ":
                value = value.T
            elif mark == "^":
                value = value ** int(self.take().removeprefix("⊙"))
            else:
                assert np.ndim(value) == 0, f"{self.text!r}: the square of an array"
                value = value**2
        return value

    def atom(self) -> Any:
        token = self.take()
        if token in ("𝟏", "𝟏ᵀ"):
            return Ones(row=token == "𝟏ᵀ")
        if token[0].isdecimal() and token != "1[":
            above, _, below = token.partition("/")
            return float(above) / float(below or 1)
        if token == "‖":
            value = self.sum()
            self.take("‖²")
            return float(np.sum(value**2))
        if token == "⟨":
            left = self.sum()
            self.take(",")
            right = self.sum()
            self.take("⟩")
            return float(np.sum(left * right))
        if token == "(":
            value = self.sum()
            self.take(")")
            return value
        if token == "√":
            return np.sqrt(self.atom())
        if token == "1[":
            left = self.sum()
            compare = COMPARE[self.take()]
            right = self.sum()
            self.take("]")
            return np.where(compare(left, right), 1.0, 0.0)
        if token == "|":
            self.in_bars = True
            value = self.sum()
            self.in_bars = False
            self.take("|")
            return np.abs(value)
        if token == "onehot":
            self.take("(")
            name = self.take()
            self.take(")")
            return np.eye(self.classes[name])[np.asarray(self.values[name]).astype(int).ravel()]
        if token in FUNCTIONS and self.peek() == "(":
            self.take()
            arguments = [self.sum()]
            while self.peek() == ",":
                self.take()
                arguments.append(self.sum())
            self.take(")")
            return FUNCTIONS[token](*arguments)
        return math.pi if token == "π" else self.values[token]


def matrix_product(left: Any, right: Any) -> Any:
    """The product of matrices or numbers; what a column of ones would repeat is left to broadcasting."""
    if isinstance(left, Ones) and isinstance(right, Ones):
        raise AssertionError("the length of 𝟏 is unknown")
    if isinstance(left, Ones):
        if left.row:
            total = right.sum(axis=0, keepdims=True)
            return float(total[0, 0]) if total.shape == (1, 1) else total
        assert right.shape[0] == 1, "𝟏 times what is no row"
        return right
    if isinstance(right, Ones):
        if not right.row:
            total = left.sum(axis=1, keepdims=True)
            return float(total[0, 0]) if total.shape == (1, 1) else total
        assert left.shape[1] == 1, "𝟏ᵀ after what is no column"
        return left
    if np.ndim(left) == 0 or np.ndim(right) == 0:
        return left * right
    product = left @ right
    return float(product[0, 0]) if product.shape == (1, 1) else product
