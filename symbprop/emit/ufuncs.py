"""The calls that an element-wise step is lowered to, and what an element of each costs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr, Symbol

from symbprop.calculus.nodes import split_sign
from symbprop.calculus.program import Tensor
from symbprop.calculus.statement import index_symbol, read_symbol
from symbprop.emit.bounds import Known
from symbprop.emit.calls import COMPARISONS
from symbprop.emit.elementwise import Elementwise
from symbprop.emit.kernel import Storage
from symbprop.emit.loops import typed_steps
from symbprop.emit.offsets import offsets
from symbprop.emit.pool import Pool
from symbprop.emit.sizes import nominal
from symbprop.emit.value import Value
from symbprop.schedule.machine import Machine, Pair
from symbprop.schedule.plan import Map

Throughput = Callable[[Machine], Pair]


def _several(kind: Throughput, passes: int) -> Throughput:
    return lambda machine: (passes * kind(machine)[0], passes * kind(machine)[1])


def _plain(machine: Machine) -> Pair:
    return machine.plain


def _exponential(machine: Machine) -> Pair:
    return machine.exponential


def _tangent(machine: Machine) -> Pair:
    return machine.tangent


def _sine(machine: Machine) -> Pair:
    return machine.sine


# What is not here is about as dear as a sine. Helpers (``templates/helper_*``) are counted by their passes.
KINDS: Mapping[str, Throughput] = {
    **dict.fromkeys(("add", "subtract", "multiply", "negative", "copy", "clip"), _plain),
    **dict.fromkeys(("maximum", "minimum"), lambda machine: machine.extreme),
    **dict.fromkeys(COMPARISONS.values(), lambda machine: machine.comparison),
    **dict.fromkeys(("logical_and", "logical_or", "logical_not"), lambda machine: machine.comparison),
    **dict.fromkeys(("log1p", "expm1"), lambda machine: machine.careful),
    **dict.fromkeys(("tanh", "sinh", "cosh"), _tangent),
    **dict.fromkeys(("sin", "cos", "tan"), _sine),
    "exp": _exponential,
    "log": lambda machine: machine.logarithm,
    "divide": lambda machine: machine.quotient,
    "sqrt": lambda machine: machine.root,
    "where": lambda machine: machine.choice,
    "power": lambda machine: machine.power,
    "asarray": lambda machine: machine.comparison,
    "floor": _plain,
    "_floor": _plain,
    "_detached": _plain,
    "_hypot": _several(_plain, 8),
    "_wide_exp": _several(_exponential, 2),
    "_tail_exp": _several(_exponential, 2),
    "_either": _several(_plain, 5),
    **dict.fromkeys(("_erf", "_erfc", "_scaled_erfc"), _several(_plain, 25)),
    "_erfc_and_gauss": _several(_plain, 28),
    "_scaled_gauss": _several(_exponential, 2),
}


@dataclass(frozen=True, slots=True)
class Ufunc:
    """One call: its function, and the axes of each operand; an operand without axes is a number."""

    function: str
    operands: tuple[frozenset[str], ...]
    masks: bool = False

    @property
    def indices(self) -> frozenset[str]:
        """The axes it runs over."""
        return frozenset[str]().union(*self.operands)

    @property
    def broadcasts(self) -> bool:
        """Whether an array operand lacks an axis that another has."""
        return any(each and each != self.indices for each in self.operands)

    @property
    def with_number(self) -> bool:
        """Whether an operand is a number."""
        return not all(self.operands)

    @property
    def operations(self) -> int:
        """Floating-point operations for an element."""
        return 0 if self.function in ("copy", "asarray") else 1

    def throughput(self, machine: Machine) -> Pair:
        """Nanoseconds for an element."""
        return machine.masking if self.masks else KINDS.get(self.function, _sine)(machine)


class _Recorder(Elementwise):
    """Lowers an expression, and keeps of every call what it costs."""

    def __init__(self, leaf: Callable[[Symbol], Value], pool: Pool, elements: int) -> None:
        super().__init__(leaf, storage=Storage(pool.take, pool.release), known=Known(elements))
        self.calls: list[Ufunc] = []

    def _apply(self, function: str, arguments: Sequence[Value], node: Expr | None, *, ufunc: bool = True) -> Value:
        masks = function == "np.multiply" and any(each.boolean for each in arguments)
        operands = tuple(each.indices for each in arguments)
        self.calls.append(Ufunc(function.removeprefix("np."), operands, masks))
        return super()._apply(function, arguments, node, ufunc=ufunc)


def ufuncs(step: Map, tensors: Mapping[str, Tensor], numbers: Collection[Symbol]) -> tuple[list[Ufunc], int]:
    """The calls of a step, and how often they run: for each place in a window, if that is what is written.

    ``numbers`` are those of the steps of loops.
    """
    looped, rounds = offsets(step, tensors, ()), 1
    if looped is not None:
        step = looped.step
        for _, length in looped.variables:
            rounds *= length
    domain = frozenset(each.index for each in step.domain)
    recorder = _Recorder(_leaves(step), Pool(()), nominal(each.extent for each in step.domain))
    sign, expr = split_sign(step.expr) if step.accumulate else (1, step.expr)
    value = recorder.lower(typed_steps(expr, numbers))
    if step.accumulate:
        recorder.calls.append(Ufunc("add" if sign > 0 else "subtract", (domain, value.indices)))
    elif not recorder.calls or value.indices != domain:
        recorder.calls.append(Ufunc("copy", (domain, value.indices) if value.indices != domain else (domain,)))
    return recorder.calls, rounds


def _leaves(step: Map) -> Callable[[Symbol], Value]:
    domain = frozenset(each.index for each in step.domain)
    found: dict[Symbol, frozenset[str]] = {
        index_symbol(position): frozenset((each.index,)) for position, each in enumerate(step.domain)
    }
    found |= {read_symbol(position): frozenset(each.indices()) & domain for position, each in enumerate(step.reads)}

    def leaf(symbol: Symbol) -> Value:
        return Value(symbol.name, found.get(symbol, frozenset()))

    return leaf
