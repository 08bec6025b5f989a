"""The arrays that a function works in, kept from call to call: which tensor and which intermediate lives in which."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from symbprop.calculus.index import Extent
from symbprop.emit.abreast import Abreast, abreast
from symbprop.emit.lines import Line
from symbprop.emit.literals import tuple_display
from symbprop.emit.outputs import Outputs
from symbprop.emit.sizes import size
from symbprop.schedule.handover import hands_over, touched
from symbprop.schedule.layout import layouts
from symbprop.schedule.liveness import storage_lives
from symbprop.schedule.plan import Loop, Plan

NUMBERS = {"0": "zero", "1": "one", "2": "two", "3": "three", "4": "four"}


@dataclass(frozen=True, slots=True)
class Buffer:
    """One array: its name, its shape, and the text of its dtype. ``order`` are its axes, slowest in memory first.

    Without an order ``shape`` are the arguments of ``function``. With a ``slot`` it is part of an array that comes before it.
    """

    name: str
    shape: tuple[str, ...]
    dtype: str
    order: tuple[int, ...]
    function: str = "np.empty"
    slot: str = ""

    @property
    def constant(self) -> bool:
        """Whether nothing is written into it."""
        return self.function in ("np.ones", "np.arange", "np.asarray")

    @property
    def text(self) -> str:
        """The call that makes it."""
        if self.slot:
            return f"self.{self.slot}"
        if not self.order:
            return f"{self.function}({', '.join(self.shape)}{f', dtype={self.dtype}' if self.dtype else ''})"
        stored = [self.shape[axis] for axis in self.order]
        made = f"{self.function}({tuple_display(stored)}, {self.dtype})"
        if self.order == tuple(range(len(self.order))):
            return made
        if self.order == (1, 0):
            return f"{made}.T"
        return f"{made}.transpose({', '.join(str(self.order.index(axis)) for axis in range(len(self.order)))})"


class Buffers:
    """Gives tensors of ``plan`` and intermediate results a place in one object, ``variable``.

    A tensor that is handed out has none: it is the caller's. A tensor takes over the place of one of the same shape
    that nobody reads any more. ``names`` are the variables of the tensors, ``places`` say where what is handed out goes.
    """

    def __init__(
        self,
        plan: Plan,
        names: Mapping[str, str],
        sizes: Collection[str],
        places: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._plan = plan
        self._names = names
        self._owners, lives = storage_lives(plan)
        self.layouts = layouts(plan, self._owners)
        self.outputs = Outputs(plan, self._owners, places)
        self._kept = {self._owners[name] for name in plan.results} | {*plan.shared}
        self.abreast = abreast(plan, self._owners, {*self._kept, *self.layouts})
        self._slots = {owner: (each, place) for each in self.abreast for place, owner in enumerate(each.owners)}
        self._shared = self._sharing(lives)
        taken = self._taken = {*names.values(), *sizes}
        self.variable = "work"
        while self.variable in taken:
            self.variable += "_"
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
        shape = tuple(size(each) for each in self._plan.shape(self._owners[tensor]))
        if shared not in self._called:
            self._called[shared] = self._names[tensor]
        slot = ""
        if shared in self._slots:
            group, place = self._slots[shared]
            slot = f"{self.side_by_side(group).removeprefix(f'{self.variable}.')}[{place}]"
        return self._array(
            Buffer(self._called[shared], shape, "dtype", self._order(self._owners[tensor], shape), slot=slot)
        )

    def side_by_side(self, group: Abreast) -> str:
        """The array that the storage of all members of a group is part of."""
        shape = tuple(size(each) for each in (len(group.maps), *self._plan.shape(group.owners[0])))
        name = f"{self._names[group.owners[0]]}_to_{self._names[group.owners[-1]]}"
        return self._free(Buffer(name, shape, "dtype", _along((), shape)))

    def named(self, name: str, shape: tuple[str, ...], order: tuple[int, ...] = ()) -> str:
        """Where something that is no tensor of the plan lives."""
        return self._array(Buffer(name, shape, "dtype", _along(order, shape)))

    def ones(self, length: str) -> str:
        """So many ones."""
        return self._free(Buffer("ones", (length,), "dtype", (0,), "np.ones"))

    def numbers(self, length: str, dtype: str) -> str:
        """The numbers from 0 to below a length: of the rows of a matrix, say."""
        return self._free(Buffer("numbers", (length,), dtype, (), "np.arange"))

    def number(self, text: str) -> str:
        """A small whole number as an array without axes; another number as it is."""
        return self._free(Buffer(NUMBERS[text], (text,), "dtype", (), "np.asarray")) if text in NUMBERS else text

    def scalar(self) -> str:
        """An array without axes, for a number that is read next."""
        return self._free(Buffer("scale", ("()",), "dtype", ()))

    def intermediate(
        self, letter: str, shape: tuple[str, ...], order: tuple[int, ...] = (), *, boolean: bool = False
    ) -> str:
        """Where an intermediate result lives. Those of one letter are never alive together."""
        return self._free(Buffer(letter, shape, "bool" if boolean else "dtype", _along(order, shape)))

    def blocks(self, count: str, shape: tuple[str, ...], names: Mapping[str, bool]) -> str:
        """Slices of ``count`` rows, and with each arrays of that ``shape`` cut to as many rows; those of truth values are true."""
        arrays = [
            self._free(Buffer(name, shape, "bool" if boolean else "dtype", _along((), shape)))
            for name, boolean in names.items()
        ]
        arguments = (count, *(f"self{each.removeprefix(self.variable)}" for each in arrays))
        return self._free(Buffer("blocks", arguments, "", (), "_blocks"))

    def kept(self, wish: Buffer) -> str:
        """Where something that is made with the arrays is kept, perhaps with a number behind its name."""
        return self._free(wish)

    def _free(self, wish: Buffer) -> str:
        """One like ``wish``, perhaps with a number behind its name."""
        made, count = wish, 1
        while made.name in self._taken or self._made.get(made.name, made) != made:
            count += 1
            made = replace(made, name=f"{wish.name}{count}")
        return self._array(made)

    def _apart(self, name: str, shape: tuple[str, ...], order: tuple[int, ...]) -> str:
        """An array that nothing else lives in."""
        count = 2
        while (numbered := f"{name}{count}") in self._taken or numbered in self._made:
            count += 1
        return self.named(numbered, shape, order)

    def _array(self, made: Buffer) -> str:
        self._made.setdefault(made.name, made)
        return f"{self.variable}.{made.name}"

    def _order(self, tensor: str, shape: Sequence[object]) -> tuple[int, ...]:
        return _along(self.layouts.get(tensor, ()), shape)

    def _sharing(self, lives: Mapping[str, tuple[int, int]]) -> dict[str, str]:
        """For each owner of storage, the first owner of the array that it lives in."""
        free: dict[tuple[tuple[Extent, ...], tuple[int, ...]], list[tuple[int, str, str]]] = {}
        shared: dict[str, str] = {}
        loops = {position for position, step in enumerate(self._plan.steps) if isinstance(step, Loop)}
        ends = touched(self._plan, self._owners) if loops else {}
        for owner, (first, last) in sorted(lives.items(), key=lambda each: each[1][0]):
            shape = self._plan.shape(owner)
            if owner in self._kept or not shape or self._plan.tensors[owner].integer:
                continue
            places = free.setdefault((shape, self._order(owner, shape)), [])
            dead = [each for each in places if each[0] < first] or [
                each for each in places if each[0] in loops and self._handed_over(each[2], owner, ends)
            ]
            dead = [] if owner in self._slots else dead
            if dead:
                places.remove(dead[-1])
            shared[owner] = dead[-1][1] if dead else owner
            places.append((last, shared[owner], owner))
        return shared

    def _handed_over(self, old: str, new: str, ends: Mapping[str, tuple[int, int]]) -> bool:
        """Whether one tensor takes over the array of another step by step, in the loop where that is read for the last time."""
        if old not in ends or new not in ends or ends[old][1] != ends[new][0]:
            return False
        return hands_over(self._plan.steps[ends[new][0]], self._owners, old, new)

    # Lines -----------------------------------------------------------------------------------------------------------

    def place(
        self,
        lines: Sequence[Line],
        order: tuple[int, ...],
        tensor: str = "",
        holder: str = "",
        *,
        apart: bool = False,
    ) -> list[Line]:
        """``lines`` with ``out=`` where a call makes a new array; the last one made for ``holder`` is the tensor's.

        New arrays with all axes have them in memory in this ``order``. ``apart`` says that the tensor was to take over an
        array that is still read when that one is made.
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
                if position == last and not where and not apart and names[position] == target:
                    where = self.outputs.into(tensor)
                elif where and apart:
                    where = self._apart(target, line.shape, order)
                if position != last and names[position] != target:
                    where = self.intermediate(names[position], line.shape, order, boolean=line.boolean)
                line = line.into(where) if where else line
            placed.append(line)
        return placed


def _along(order: Sequence[int], shape: Sequence[object]) -> tuple[int, ...]:
    """``order`` for an array with as many axes, else the order of the axes."""
    return tuple(order) if len(order) == len(shape) else tuple(range(len(shape)))
