"""Contractions as ``dot``, ``matmul`` or ``einsum``, chosen by which indices the operands share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from symbprop.calculus.index import Extent, Range, product
from symbprop.emit.lines import call
from symbprop.emit.sizes import size
from symbprop.emit.stacked import narrow, stacked
from symbprop.emit.tall import in_pieces
from symbprop.emit.views import View, aligned

LONG = 128  # elements of a row from which on BLAS adds up twice as fast as einsum
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Product:
    """A call that contracts two arrays, and what to apply to its result to bring it into the target's order.

    ``shape`` is the shape of what the call itself returns, where it can write that into an array that is there; ``inside``
    then finds it in an array of the target's shape. ``pieces`` are the products that one is cut into.
    """

    function: str
    arguments: tuple[str, ...]
    tail: str = ""
    shape: tuple[str, ...] = ()
    inside: str = ""
    pieces: Extent = 1

    @property
    def text(self) -> str:
        return call(self.function, self.arguments) + self.tail


def contract(
    left: View, right: View, target: Sequence[str], domain: Sequence[Range], stored: Sequence[str] = ()
) -> Product:
    """The call for ``target = Σ left · right``; ``stored`` are the target's indices as they are to lie in memory."""
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
        return _plain(left, right, target, summed, domain, stored or target)
    sizes = {each.index: each.extent for each in domain}
    if (ours or theirs) and not narrow(left, right, batch, ours, theirs, sizes):
        if target[-1] in ours or not theirs:
            left, right, ours, theirs = right, left, theirs, ours
        made = Product("np.matmul", *stacked(left, right, target, batch, ours, theirs, summed, sizes))
        in_order = not stored or list(stored) == list(target)
        return made if in_order or "reshape" not in made.inside else replace(made, shape=())
    rows = _row_by_row(left, right, target, batch, summed, sizes)
    return rows or _einsum(left, right, target)  # an inner product along the batch: no product of matrices is in it


def _row_by_row(
    left: View,
    right: View,
    target: Sequence[str],
    batch: list[str],
    summed: list[str],
    sizes: Mapping[str, Extent],
) -> Product | None:
    """The inner products of long rows with long rows, as a stack of products of a row and a column."""
    order = [*batch, *summed]
    length = sizes[summed[0]] if len(summed) == 1 else 0
    if list(target) != batch or not isinstance(length, int) or length < LONG:
        return None
    if any(list(view.stored) != order or view.inside for view in (left, right)):
        return None
    rows = (f"{aligned(left, order)}[..., None, :]", f"{aligned(right, order)}[..., None]")
    shape = (*(size(sizes[index]) for index in batch), "1", "1")
    return Product("np.matmul", rows, "[..., 0, 0]", shape, "[..., None, None]")


def _plain(
    left: View, right: View, target: Sequence[str], summed: list[str], domain: Sequence[Range], stored: Sequence[str]
) -> Product:
    """No batch axis: one product of matrices, each group of axes as one, in the order in which the target is stored."""
    extents: dict[str, Extent] = {each.index: each.extent for each in domain}
    ours, theirs = ([index for index in stored if index in view.axes] for view in (left, right))
    if list(stored) == [*theirs, *ours] and ours and theirs:
        left, right, ours, theirs = right, left, theirs, ours
    if list(stored) == list(target):
        batched = _in_front(left, right, target, summed, ours, theirs, domain)
        if batched is not None:
            return batched
    for outer, inner in ((left, right), (right, left)):
        if around := _around(outer, inner, target, stored, summed, extents):
            return around
    if list(stored) != [*ours, *theirs]:
        ours, theirs = ([index for index in view.stored if index in target] for view in (left, right))
    summed = [index for index in (right if right.order else left).stored if index in summed]
    groups = [each for each in (ours, theirs) if each]
    placing = placed(groups, target, stored, extents)
    found = in_pieces(left, right, (ours, summed, theirs), extents)
    if found is not None and not any((placing[0], placing[2])):
        return Product(*found, shape=placing[1] if found[0] == "_narrow_dot" else ())
    return Product("np.dot", (matrix(left, ours, summed, extents), matrix(right, summed, theirs, extents)), *placing)


def placed(
    groups: Sequence[Sequence[str]], target: Sequence[str], stored: Sequence[str], extents: Mapping[str, Extent]
) -> tuple[str, tuple[str, ...], str]:
    """How an array with one axis for each group of indices becomes the target: the tail, the shape and the inside of a product.

    ``stored`` are the target's indices as they are to lie in memory.
    """
    order = [index for each in groups for index in each]
    parts = [one(each, extents) for each in groups]
    tail = inside = ""
    if order != list(target):
        tail = f".transpose({', '.join(str(order.index(index)) for index in target)})"
        inside = f".transpose({', '.join(str(list(target).index(index)) for index in order)})"
        tail, inside = (".T" if each == ".transpose(1, 0)" else each for each in (tail, inside))
    if len(parts) < len(order):
        tail = f".reshape({', '.join(size(extents[index]) for index in order)})" + tail
        inside += f".reshape({', '.join(parts)})"
    return tail, tuple(parts) if order == list(stored) else (), inside


def one(indices: Sequence[str], extents: Mapping[str, Extent]) -> str:
    """The length of several axes as one."""
    return size(product(tuple(extents[index] for index in indices)))


def matrix(view: View, rows: Sequence[str], columns: Sequence[str], extents: Mapping[str, Extent]) -> str:
    """A view with two groups of axes, each as one: a view again where the axes lie in that order, or in the other."""
    groups, text = [each for each in (rows, columns) if each], aligned(view, [*rows, *columns])
    if all(len(each) == 1 for each in groups):
        return text
    backwards = list(view.stored) == [*columns, *rows]
    lengths = [one(each, extents) for each in (reversed(groups) if backwards else groups)]
    free = [place for place, each in enumerate(lengths) if not each.isdigit()]
    if len(free) == 1:
        lengths[free[0]] = "-1"
    shape = f".reshape({', '.join(lengths)})"
    if backwards and len(groups) == 2:
        return f"{aligned(view, [*columns, *rows])}{shape}.T"
    return text + shape


def _in_front(
    left: View,
    right: View,
    target: Sequence[str],
    summed: list[str],
    ours: list[str],
    theirs: list[str],
    domain: Sequence[Range],
) -> Product | None:
    """One operand's axes around the other's: ``[p, q | j, k | v, n]`` is a stack of products, one for each (p, q)."""
    if target and target[0] in ours:
        left, right, ours, theirs = right, left, theirs, ours
    first = next((place for place, index in enumerate(target) if index in ours), 0)
    if len(summed) != 1 or not 0 < first < len(theirs) or list(target) != [*theirs[:first], *ours, *theirs[first:]]:
        return None
    extents = {each.index: each.extent for each in domain}
    lead, rest = theirs[:first], theirs[first:]
    rows = f"{aligned(left, [*ours, *summed])}.reshape(-1, {size(extents[summed[0]])})"
    stack = aligned(right, [*lead, *summed, *rest])
    if len(rest) > 1:
        stack += f".reshape({', '.join(size(extents[index]) for index in (*lead, *summed))}, -1)"
    shape = ", ".join(size(extents[index]) for index in target)
    lengths = [*(size(extents[index]) for index in lead), one(ours, extents), one(rest, extents)]
    inside = f".reshape({', '.join(lengths)})" if len(ours) > 1 or len(rest) > 1 else ""
    return Product("np.matmul", (rows, stack), f".reshape({shape})", tuple(lengths), inside)


def _around(
    outer: View,
    inner: View,
    target: Sequence[str],
    stored: Sequence[str],
    summed: Sequence[str],
    extents: Mapping[str, Extent],
) -> Product | None:
    """``[t | j | n]`` in memory, where the indices lie otherwise in the target: for each t a product of ``inner[j, k]`` and ``outer[k, n]``."""
    between = [index for index in stored if index in inner.axes]
    if len(stored) < 3 or len(summed) != 1 or list(stored) == list(target) or list(stored)[1:-1] != between:
        return None
    lead, last = stored[0], stored[-1]
    factors = (matrix(inner, between, summed, extents), aligned(outer, [lead, *summed, last]))
    return Product("np.matmul", factors, *placed([[lead], between, [last]], target, stored, extents))


def _einsum(left: View, right: View, target: Sequence[str]) -> Product:
    letters: dict[str, str] = {}
    for index in (*left.axes, *right.axes, *target):
        letters.setdefault(index, index if len(index) == 1 and index in LETTERS else "")
    free = (letter for letter in LETTERS if letter not in letters.values())
    for index, letter in letters.items():
        letters[index] = letter or next(free)
    parts = ["".join(letters[index] for index in axes) for axes in (left.axes, right.axes, target)]
    return Product("np.einsum", (f'"{parts[0]},{parts[1]}->{parts[2]}"', left.text, right.text))
