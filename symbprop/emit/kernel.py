"""The calls of one element-wise kernel: each writes into dead storage where there is any."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sympy import Expr

from symbprop.emit.calls import APART, BINDING, COMPARISONS, INFIX
from symbprop.emit.lines import Line, call
from symbprop.emit.value import ATOM, Value, wrapped

NAME = re.compile(r"(?<![\w.])[^\W\d]")


@dataclass(frozen=True, slots=True)
class Storage:
    """Where results live. ``temporary`` gives the name of a new buffer, given whether it is one of truth values.

    ``shape`` is that of an array that varies over some indices; ``kept`` where a number is kept as an array without axes,
    which next to an array takes half as long to read as a number. ``spread`` says where an operand of a call over
    some indices that lacks others of them is written out first, ``scalar`` the same of a number that Python works
    out in the call: '' where it is read as it is.
    """

    temporary: Callable[[bool], str] = lambda _: ""
    release: Callable[[str], None] = lambda _: None
    shape: Callable[[frozenset[str]], tuple[str, ...]] = lambda _: ()
    kept: Callable[[str], str] = str
    spread: Callable[[frozenset[str]], str] = lambda _: ""
    scalar: Callable[[frozenset[str]], str] = lambda _: ""


NOWHERE = Storage()


class Kernel:
    """Collects ``lines`` and the ``helpers`` that they call. ``note`` explains what a call computes."""

    def __init__(self, note: Callable[[Expr], str], storage: Storage) -> None:
        self._note = note
        self._storage = storage
        self.lines: list[Line] = []
        self.helpers: set[str] = set()

    def spread(self, value: Value, indices: frozenset[str], note: str = "") -> str:
        """The text of an operand of a small call over ``indices``: an array with all of them, which NumPy reads in one run.

        An assignment spreads rows and columns at half the cost of a call that does so itself.
        """
        if value.boolean or value.indices == indices:
            return value.text
        if value.scalar:
            kept = self._storage.kept(value.text)
            if kept != value.text or value.binding == ATOM or not NAME.search(value.text):
                return kept
        place = self._storage.scalar(indices) if value.scalar else self._storage.spread(indices)
        if not place:
            return value.text
        self.lines.append(Line(f"{place}[...] = {value.text}", note=note))
        return place

    def _apply(self, function: str, arguments: Sequence[Value], node: Expr | None, *, ufunc: bool = True) -> Value:
        """A call; its result goes into an operand that nobody reads any more, else into a new array."""
        indices = frozenset[str]().union(*(each.indices for each in arguments))
        texts = [each.text for each in arguments]
        for each in arguments:
            each.uses -= 1
        if not indices:
            return Value(call(function, texts), frozenset())
        apart = function.removeprefix("_") in APART
        if ufunc and not apart and function != "np.clip":
            full = any(each.indices == indices for each in arguments)
            cited = "" if node is None else self._note(node).partition(" ")[0]
            texts = [self.spread(each, indices, cited) if full or each.scalar else each.text for each in arguments]
        boolean = function.removeprefix("np.") in COMPARISONS.values() or "logical" in function
        kind = (indices, boolean)
        dead = [each for each in arguments if each.owned and each.uses <= 0 and (each.indices, each.boolean) == kind]
        note = self._note(node) if node is not None else ""
        if dead and ufunc and not apart:
            into = dead[0].text
            self.lines.append(Line("", function, (*texts, f"out={into}"), note))
        else:
            into = self._storage.temporary(boolean)
            shape = self._storage.shape(indices) if ufunc else ()
            self.lines.append(Line(f"{into} = ", function, tuple(texts), note, shape=shape, boolean=boolean))
        for each in arguments:
            if each.owned and each.uses <= 0 and each.text != into:
                self._storage.release(each.text)
        return Value(into, indices, owned=True, boolean=boolean)

    def _binary(self, name: str, left: Value, right: Value, node: Expr | None) -> Value:
        if left.scalar and right.scalar:
            binding = BINDING[name]
            text = (
                f"{wrapped(left, binding)} {INFIX[name]} {wrapped(right, binding + (name in ('subtract', 'divide')))}"
            )
            left.uses -= 1
            right.uses -= 1
            return Value(text, frozenset(), binding=binding)
        return self._apply(f"np.{name}", [left, right], node)

    def _negative(self, value: Value, node: Expr | None) -> Value:
        if value.scalar:
            return Value(f"-{wrapped(value, 2)}", frozenset(), binding=0)
        return self._apply("np.negative", [value], node)

    def _typed(self, value: Value) -> Value:
        """A scalar that carries the dtype: next to a condition alone, nothing else would."""
        return Value(call("np.asarray", [value.text, "dtype"]), frozenset()) if value.scalar else value
