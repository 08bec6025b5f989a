"""How long an emitted function takes: for each step of its plan fixed costs × calls + elements × throughput + products.

Element-wise steps are lowered as they are for emission, and every call counted with the axes it runs over (``ufuncs.py``).
Products are counted by their rows, columns and length. What does not fit the cache moves at the speed of memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import prod

from symbprop.calculus.index import Access, Extent, at_sizes
from symbprop.calculus.statement import Reduction
from symbprop.emit.loops import step_numbers
from symbprop.emit.offsets import is_row_major
from symbprop.emit.ufuncs import Ufunc, ufuncs
from symbprop.schedule.machine import Machine, Pair
from symbprop.schedule.plan import Alias, Allocate, Contract, Fold, Loop, Map, Plan, Simple, Step, accesses_of

LARGE = 1 << 17  # bytes from which a result is memory that the system hands out anew


@dataclass(frozen=True, slots=True)
class Cost:
    """Calls, floating-point operations, those of products among them, bytes read or written, and seconds."""

    calls: int = 0
    operations: int = 0
    products: int = 0
    moved: int = 0
    seconds: float = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.calls + other.calls,
            self.operations + other.operations,
            self.products + other.products,
            self.moved + other.moved,
            self.seconds + other.seconds,
        )

    def times(self, count: int) -> Cost:
        """The cost of doing it so often."""
        counts = (self.calls * count, self.operations * count, self.products * count, self.moved * count)
        return Cost(*counts, self.seconds * count)


def total(costs: Iterable[Cost]) -> Cost:
    """The sum."""
    return sum(costs, Cost())


def estimate(plan: Plan, sizes: Mapping[str, int], machine: Machine, dtype: str) -> tuple[dict[int, Cost], Cost]:
    """The cost of each statement of a plan, by its position, and what a call costs besides.

    ``sizes`` are those that are free: the batch, a number of steps. Raises ``KeyError`` for one that is missing.
    """
    model = _Model(plan, sizes, machine, dtype)
    found: dict[int, Cost] = {}
    for step in plan.steps:
        for source, cost in model.costs(step):
            found[source] = found.get(source, Cost()) + cost
    return found, model.entry()


class _Model:
    """The costs of the steps of one plan at given sizes."""

    def __init__(self, plan: Plan, sizes: Mapping[str, int], machine: Machine, dtype: str) -> None:
        self.plan = plan
        self.sizes = sizes
        self.machine = machine
        self.double = dtype == "float64"
        self.width = 8 if self.double else 4
        self._known: dict[Extent, int] = {}
        self._loops = frozenset(step_numbers(plan.steps))

    def entry(self) -> Cost:
        """What belongs to no statement: arguments, and results of which the memory is new each time."""
        results = [self.width * self._count(self.plan.shape(name)) for name in self.plan.results]
        given = [name for name in self.plan.shared if name in self.plan.tensors]
        fresh = sum(each for each in results if each > LARGE)
        looking = self.machine.entry + self.machine.call * (len(given) + len(results))
        return Cost(seconds=1e-9 * (looking + fresh / self.machine.fresh))

    def costs(self, step: Step) -> Iterator[tuple[int, Cost]]:
        """The costs of a step, each with the statement it belongs to."""
        if isinstance(step, Loop):
            for each in step.body:
                for source, cost in self.costs(each):
                    yield source, cost.times(self._value(step.extent))
            return
        yield step.source, self._cost(step)

    def _cost(self, step: Simple) -> Cost:
        views = 1e-9 * self.machine.view * sum(self._is_view(each) for each in accesses_of(step))
        match step:
            case Map():
                return self._map(step) + Cost(seconds=views)
            case Contract():
                return self._contract(step) + Cost(seconds=views)
            case Fold():
                return self._fold(step) + Cost(seconds=views)
            case Allocate():
                elements = self._count(self.plan.shape(step.target)) if step.zeros else 0
                if step.target in self.plan.results and self.width * elements > LARGE:
                    elements = 0  # the system hands out zeros; what touches them pays, at the entry
                return self._call(self.machine.call, elements, self.machine.plain, 1)
            case Alias():
                return Cost(seconds=views)

    # Element by element ----------------------------------------------------------------------------------------------

    def _map(self, step: Map) -> Cost:
        lengths = {each.index: self._value(each.extent) for each in step.domain}
        calls, rounds = ufuncs(step, self.plan.tensors, self._loops)
        found = total(self._ufunc(each, lengths) for each in calls).times(rounds)
        for each in step.reads:
            if list(each.gathers()):
                elements = prod(lengths[index] for index in set(each.indices()))
                found += self._call(self.machine.indexing, elements, self.machine.gather, 2)
        if list(step.target.gathers()):
            found += self._call(self.machine.indexing, prod(lengths.values()), self.machine.scatter, 3)
        return found

    def _ufunc(self, each: Ufunc, lengths: Mapping[str, int]) -> Cost:
        machine = self.machine
        if not each.indices:
            return Cost(0, 1, seconds=1e-9 * machine.scalar)
        fixed = machine.broadcast if each.broadcasts else machine.number if each.with_number else machine.call
        elements = prod(lengths[index] for index in each.indices)
        moved = elements + sum(prod(lengths[index] for index in one) for one in each.operands if one)
        return self._call(fixed, elements, each.throughput(machine), moved / max(elements, 1), each.operations)

    # Products --------------------------------------------------------------------------------------------------------

    def _contract(self, step: Contract) -> Cost:
        machine = self.machine
        lengths = {each.index: self._value(each.extent) for each in step.domain}
        left, right, kept = (set(each.indices()) for each in (step.left, step.right, step.target))
        batch = prod(lengths[i] for i in left & right & kept)
        rows, columns = (prod(lengths[i] for i in one & kept - other) for one, other in ((left, right), (right, left)))
        length = prod(lengths[i] for i in (left | right) - kept)
        operations = 2 * batch * rows * columns * length
        moved = self.width * batch * (rows * length + length * columns + rows * columns)
        speed = machine.gemm[self.double]
        for side in (rows, columns, length):
            speed *= side / (side + machine.small[self.double])
        if min(rows, columns) == 1:  # a vector: as fast as the matrix is read
            seconds = self._streaming(moved, machine.total, moved // self.width)
        else:
            seconds = max(1e-9 * operations / speed, self._beyond(moved))
        fixed = machine.product if batch == 1 else machine.stack + batch * machine.product
        found = Cost(1, operations, operations, moved, seconds + 1e-9 * fixed)
        for each in (step.left, step.right):
            if self._slides(each, step):
                elements = prod(lengths[index] for index in set(each.indices()))
                found += self._call(machine.indexing, elements, machine.window, 2)
        if step.accumulate:
            found += self._call(machine.broadcast, batch * rows * columns, machine.plain, 3)
        return found

    def _fold(self, step: Fold) -> Cost:
        machine = self.machine
        lengths = {each.index: self._value(each.extent) for each in step.domain}
        elements = prod(lengths.values())
        kind: Pair = {Reduction.SUM: machine.total, Reduction.MAX: machine.largest, Reduction.MIN: machine.largest}.get(
            step.reduction, machine.place
        )
        by_ones = step.reduction is Reduction.SUM and any(True for _ in step.target.indices())
        fixed = machine.product if by_ones else machine.reduction
        return self._call(fixed, elements, kind, 1, 1)

    # The parts -------------------------------------------------------------------------------------------------------

    def _call(self, fixed: float, elements: int, kind: Pair, arrays: float, operations: int = 0) -> Cost:
        moved = int(self.width * elements * arrays)
        return Cost(1, operations * elements, 0, moved, 1e-9 * fixed + self._streaming(moved, kind, elements))

    def _streaming(self, moved: int, kind: Pair, elements: int) -> float:
        return max(1e-9 * elements * kind[self.double], self._beyond(moved))

    def _beyond(self, moved: int) -> float:
        """The seconds that memory takes, of what does not fit the cache."""
        return 1e-9 * moved / self.machine.streamed if moved > self.machine.cache else 0.0

    def _slides(self, access: Access, step: Contract) -> bool:
        """Whether windows slide over a tensor, so that they are copied before they are multiplied."""
        extents: dict[str, Extent] = {each.index: each.extent for each in step.domain}
        lengths = self.plan.shape(access.tensor)
        return any(
            len(each.terms) > 1 and not is_row_major(each, extents, length)
            for each, length in zip(access.index, lengths, strict=True)
        )

    def _is_view(self, access: Access) -> bool:
        """Whether an access takes part of a tensor, at the step of a loop."""
        return any(not each.terms for each in access.index)

    def _count(self, shape: tuple[Extent, ...]) -> int:
        return prod(map(self._value, shape))

    def _value(self, size: Extent) -> int:
        """A size as a number."""
        if isinstance(size, int):
            return size
        if size not in self._known:
            self._known[size] = at_sizes(size, self.sizes)
        return self._known[size]
