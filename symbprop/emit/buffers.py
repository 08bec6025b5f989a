"""The arrays that a function works in, kept from call to call: which tensor and which intermediate lives in which."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from symbprop.calculus.index import Extent
from symbprop.emit.lines import Line
from symbprop.emit.storage import shape_text
from symbprop.schedule.liveness import storage_lives
from symbprop.schedule.plan import Plan


@dataclass(frozen=True, slots=True)
class Buffer:
    """One array: its name, its shape as text, and the text of its dtype."""

    name: str
    shape: str
    dtype: str


class Buffers:
    """Gives tensors of ``plan`` and intermediate results a place in one object, ``variable``.

    A tensor that is handed out has none: it is the caller's. A tensor takes over the place of one of the same shape
    that nobody reads any more. ``names`` are the variables of the tensors.
    """

    def __init__(self, plan: Plan, names: Mapping[str, str], sizes: Collection[str]) -> None:
        self._plan = plan
        self._names = names
        self._owners, lives = storage_lives(plan)
        self._shared = self._sharing(lives)
        taken = self._taken = {*names.values(), *sizes}
        self.variable = next(each for each in ("work", "work_", "work__") if each not in taken)
        self._made: dict[str, Buffer] = {}
        self._called: dict[str, str] = {}

    @property
    def made(self) -> list[Buffer]:
        """All arrays, in the order in which they are first written."""
        return list(self._made.values())

    def of(self, tensor: str) -> str:
        """Where a tensor lives, or nothing if it is handed out."""
        shared = self._shared.get(self._owners[tensor])
        if shared is None:
            return ""
        shape = self._plan.shape(self._owners[tensor])
        if shared not in self._called:
            self._called[shared] = self._names[tensor]
        return self._array(self._called[shared], shape_text(shape), "dtype")

    def named(self, name: str, shape: str) -> str:
        """Where something that is no tensor of the plan lives."""
        return self._array(name, shape, "dtype")

    def intermediate(self, letter: str, shape: str, boolean: bool = False) -> str:
        """Where an intermediate result lives. Those of one letter are never alive together."""
        dtype = "bool" if boolean else "dtype"
        count = 1
        while True:
            name = letter if count == 1 else f"{letter}{count}"
            if name not in self._taken and self._made.get(name) in (None, Buffer(name, shape, dtype)):
                return self._array(name, shape, dtype)
            count += 1

    def _array(self, name: str, shape: str, dtype: str) -> str:
        self._made.setdefault(name, Buffer(name, shape, dtype))
        return f"{self.variable}.{name}"

    def _sharing(self, lives: Mapping[str, tuple[int, int]]) -> dict[str, str]:
        """For each owner of storage, the first owner of the array that it lives in."""
        kept = {self._owners[name] for name in self._plan.results} | {*self._plan.shared}
        free: dict[tuple[Extent, ...], list[tuple[int, str]]] = {}
        shared: dict[str, str] = {}
        for owner, (first, last) in sorted(lives.items(), key=lambda each: each[1][0]):
            shape = self._plan.shape(owner)
            if owner in kept or not shape or self._plan.tensors[owner].integer:
                continue
            places = free.setdefault(shape, [])
            dead = [each for each in places if each[0] < first]
            if dead:
                places.remove(dead[-1])
            shared[owner] = dead[-1][1] if dead else owner
            places.append((last, shared[owner]))
        return shared

    # Lines -----------------------------------------------------------------------------------------------------------

    def place(self, lines: Sequence[Line], tensor: str = "", holder: str = "", *, apart: bool = False) -> list[Line]:
        """``lines`` with ``out=`` where a call makes a new array; the last one made for ``holder`` is the tensor's.

        ``apart`` says that the tensor was to take over an array that is still read when that one is made.
        """
        target = self._names.get(tensor, "")
        held = {target, holder} if tensor else set[str]()
        made = [not any(argument.startswith("out=") for argument in each.arguments) for each in lines]
        names = [each.head.removesuffix(" = ") for each in lines]
        last = max((p for p, name in enumerate(names) if name in held and made[p]), default=-1)
        placed = []
        for position, line in enumerate(lines):
            if line.shape and made[position]:
                where = self.of(tensor) if position == last else ""
                if where and apart:
                    where = self.named(target, line.shape)
                if position != last and names[position] != target:
                    where = self.intermediate(names[position], line.shape, line.boolean)
                line = line.into(where) if where else line
            placed.append(line)
        return placed
