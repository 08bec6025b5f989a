"""One letter for one axis, through the whole program: what the equations are read by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from symbprop.calculus.index import Affine, Extent, Range, at
from symbprop.calculus.program import Program, Role
from symbprop.calculus.recurrence import recurrent
from symbprop.calculus.statement import Statement

LETTERS = "mjklopqrsuvdcabgfei"

Node = tuple[str | int, int | str]  # (tensor, axis) or (statement, index)


def name_axes(program: Program, batch: Extent) -> tuple[Program, Mapping[str, str]]:
    """The program with every index renamed after the axis it runs along, and a description of each letter.

    Axes that an index joins are one axis. The batch axis is ``n``; the others take the letter that their first formula
    gave them if it is free, else the next one. An index that meets its own axis a second time in one statement gets a prime.
    """
    classes = _Classes()
    steps = recurrent(program.statements)
    for number, each in enumerate(program.statements):
        extents = {one.index: one.extent for one in each.domain}
        for access in each.accesses():
            for axis, (coordinate, size) in enumerate(
                zip(access.index, program.tensors[access.tensor].shape, strict=True)
            ):
                index = (
                    coordinate.bare
                    if not {access.tensor, each.target.tensor} & steps
                    else _along(coordinate, size, extents)
                )
                if index is not None:
                    classes.join((access.tensor, axis), (number, index))
    taken = {name for name in program.tensors if len(name) == 1}
    letters: dict[Node, str] = {}
    about: dict[str, str] = {}
    first = next((t for t in program.tensors.values() if t.role is Role.INPUT and t.shape[:1] == (batch,)), None)
    if first is not None:
        letters[classes.root((first.name, 0))] = "n"
        about["n"] = f"example ({batch})"
    taken.add("n")
    statements = []
    for number, each in enumerate(program.statements):
        names: dict[str, str] = {}
        for one in each.domain:
            root = classes.root((number, one.index))
            if root not in letters:
                letters[root] = _letter(one.index.split("#")[0], taken)
                taken.add(letters[root])
                about[letters[root]] = f"{_owner(root, each, one)} ({one.extent})"
            name = letters[root]
            while name in names.values():
                name += "'"
            names[one.index] = name
        statements.append(_rename_indices(each, names))
    return replace(program, statements=tuple(statements)), about


def _along(coordinate: Affine, size: Extent, extents: Mapping[str, Extent]) -> str | None:
    """The index that runs along most of an axis, shifted or not: a recurrence writes at t + 1 what it reads at t."""
    if len(coordinate.terms) != 1 or not isinstance(coordinate.terms[0][0], str) or coordinate.terms[0][1] != 1:
        return None
    index = coordinate.terms[0][0]
    if not isinstance(size, int) or not isinstance(extents[index], int):
        return index
    return index if 2 * extents[index] > size else None


def _owner(root: Node, each: Statement, one: Range) -> str:
    """A tensor that has the axis, for the table of axes: the target if it has it, else the first read that does."""
    del root
    for access in (each.target, *each.reads):
        if any(coordinate.bare == one.index for coordinate in access.index):
            return access.tensor
    return each.target.tensor


def _letter(wish: str, taken: set[str]) -> str:
    base = wish[0] if wish and wish[0].isalpha() else "i"
    for letter in (wish, base, *LETTERS):
        if letter not in taken and letter.isascii() and len(letter) == 1 and letter.isalpha():
            return str(letter)
    count = 1
    while f"{base}{count}" in taken:
        count += 1
    return f"{base}{count}"


def _rename_indices(each: Statement, names: Mapping[str, str]) -> Statement:
    replacement: dict[str, Affine] = {old: at(new) for old, new in names.items()}
    return replace(
        each,
        target=each.target.substitute(replacement),
        reads=tuple(access.substitute(replacement) for access in each.reads),
        domain=tuple(Range(names[one.index], one.extent) for one in each.domain),
        selects=names.get(each.selects, ""),
    )


class _Classes:
    """Disjoint sets of axes."""

    def __init__(self) -> None:
        self._parent: dict[Node, Node] = {}

    def root(self, node: Node) -> Node:
        self._parent.setdefault(node, node)
        top = node
        while self._parent[top] != top:
            top = self._parent[top]
        while self._parent[node] != top:
            self._parent[node], node = top, self._parent[node]
        return top

    def join(self, left: Node, right: Node) -> None:
        a, b = self.root(left), self.root(right)
        if a != b:
            self._parent[b] = a
