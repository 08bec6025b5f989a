"""Contractions as ``dot``, ``matmul``, ``tensordot`` or ``einsum``, chosen by which indices the operands share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symbprop.calculus.index import Range
from symbprop.emit.lines import call
from symbprop.emit.sizes import size
from symbprop.emit.stacked import narrow, stacked
from symbprop.emit.views import View, aligned

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Product:
    """A call that contracts two arrays, and what to apply to its result to bring it into the target's order."""

    function: str
    arguments: tuple[str, ...]
    tail: str = ""

    @property
    def text(self) -> str:
        return call(self.function, self.arguments) + self.tail


def contract(left: View, right: View, target: Sequence[str], domain: Sequence[Range]) -> Product:
    """The call for ``target = Σ left · right``."""
    summed = [each.index for each in domain if each.index not in target]
    both = set(left.axes) & set(right.axes)
    batch = [index for index in target if index in both]
    ours = [index for index in target if index in left.axes and index not in both]
    theirs = [index for index in target if index in right.axes and index not in both]
    private = [index for index in summed if index not in both]
    if private or len(set(left.axes)) != len(left.axes) or len(set(right.axes)) != len(right.axes):
        return _einsum(left, right, target)
    if not target and left.axes == right.axes:
        if len(left.axes) == 1:
            return Product("np.dot", (left.text, right.text))
        return Product("np.dot", (f"{left.text}.ravel()", f"{right.text}.ravel()"))
    if not batch:
        return _plain(left, right, target, summed, ours, theirs, domain)
    sizes = {each.index: each.extent for each in domain}
    if (ours or theirs) and not narrow(ours, theirs, sizes):
        if target[-1] in ours or not theirs:
            left, right, ours, theirs = right, left, theirs, ours
        return Product("np.matmul", *stacked(left, right, target, batch, ours, theirs, summed, sizes))
    return _einsum(left, right, target)  # an inner product along the batch: no product of matrices is in it


def _plain(
    left: View,
    right: View,
    target: Sequence[str],
    summed: list[str],
    ours: list[str],
    theirs: list[str],
    domain: Sequence[Range],
) -> Product:
    """No batch axis: ``dot`` for matrices and vectors, ``tensordot`` for the rest."""
    if list(target) == [*theirs, *ours] and ours and theirs:
        left, right, ours, theirs = right, left, theirs, ours
    batched = _in_front(left, right, target, summed, ours, theirs, domain)
    if batched is not None:
        return batched
    if len(summed) == 1 and len(ours) <= 1 and len(theirs) <= 1 and list(target) == [*ours, *theirs]:
        return Product("np.dot", (aligned(left, [*ours, *summed]), aligned(right, [*summed, *theirs])))
    axes = ([left.axes.index(index) for index in summed], [right.axes.index(index) for index in summed])
    order = [index for index in left.axes if index in ours] + [index for index in right.axes if index in theirs]
    tail = ""
    if order != list(target):
        tail = f".transpose({', '.join(str(order.index(index)) for index in target)})"
    return Product("np.tensordot", (left.text, right.text, f"axes={axes}"), tail)


def _in_front(
    left: View,
    right: View,
    target: Sequence[str],
    summed: list[str],
    ours: list[str],
    theirs: list[str],
    domain: Sequence[Range],
) -> Product | None:
    """One operand's axes around the other's: ``[p, q | n, u, v | c]`` is a stack of products, one for each (p, q)."""
    if target and target[0] in ours:
        left, right, ours, theirs = right, left, theirs, ours
    if len(summed) != 1 or len(theirs) < 2 or not ours or list(target) != [*theirs[:-1], *ours, theirs[-1]]:
        return None
    extents = {each.index: each.extent for each in domain}
    rows = f"{aligned(left, [*ours, *summed])}.reshape(-1, {size(extents[summed[0]])})"
    stack = aligned(right, [*theirs[:-1], *summed, theirs[-1]])
    shape = ", ".join(size(extents[index]) for index in target)
    return Product("np.matmul", (rows, stack), f".reshape({shape})")


def _einsum(left: View, right: View, target: Sequence[str]) -> Product:
    letters: dict[str, str] = {}
    for index in (*left.axes, *right.axes, *target):
        letters.setdefault(index, index if len(index) == 1 and index in LETTERS else "")
    free = (letter for letter in LETTERS if letter not in letters.values())
    for index, letter in letters.items():
        letters[index] = letter or next(free)
    parts = ["".join(letters[index] for index in axes) for axes in (left.axes, right.axes, target)]
    return Product("np.einsum", (f'"{parts[0]},{parts[1]}->{parts[2]}"', left.text, right.text))
