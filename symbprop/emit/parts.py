"""The gradient of a batch in parts: what ``microbatch`` does in an emitted module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from symbprop.calculus.parts import is_mean
from symbprop.calculus.program import Program, Tensor
from symbprop.calculus.separability import NotSeparable
from symbprop.emit.lines import Line
from symbprop.emit.literals import string
from symbprop.emit.outputs import NAME as OUT
from symbprop.emit.part_size import PartSize, part_size
from symbprop.network.assembly import BATCH
from symbprop.schedule.plan import Plan

MAP = "map"
ARGUMENT = "microbatch: int | None = None"
OWN = "A batch of {} examples or more goes through in parts by itself: that is faster."
ABOUT = """\
With ``microbatch`` the examples go through in parts of that many, in memory for one
    part; the result is that of the whole batch to rounding. The ``map`` of a pool of
    threads computes parts at the same time, and adds them up in the same order."""


@dataclass(frozen=True, slots=True)
class Parts:
    """``mean`` says that parts count by their share; ``refused`` why there can be none. Without examples there is nothing.

    ``own`` is the size of the parts that the module makes without being told.
    """

    applies: bool = False
    mean: bool = True
    refused: str = ""
    own: PartSize | None = None

    @property
    def made(self) -> bool:
        """Whether the module computes in parts."""
        return self.applies and not self.refused

    def sized(self, program: Program, plan: Plan, dtype: str) -> Parts:
        """With parts of its own where they make ``plan`` faster."""
        return replace(self, own=part_size(program, plan, dtype)) if self.made else self

    def arguments(self) -> tuple[str, ...]:
        """The keyword arguments of ``loss_and_grad``."""
        return (ARGUMENT, f"{MAP}={MAP}") if self.applies else ()

    def about(self) -> tuple[str, ...]:
        """What the docstring of ``loss_and_grad`` says of it."""
        if not self.made:
            return ()
        return (ABOUT if self.own is None else f"{ABOUT}\n    {OWN.format(self.own.least)}",)

    def refusal(self) -> list[str]:
        """The first lines of ``loss_and_grad``, where there can be no parts."""
        if not self.refused:
            return []
        return ["    if microbatch is not None:", *Line("raise ", "ValueError", (string(self.refused),)).render(8)]

    def lines(self, givens: Sequence[Tensor], names: Mapping[str, str]) -> list[str]:
        """The lines that go over to parts: of the caller's size, or of the module's own where the batch is large."""
        if not self.made:
            return []
        head = [f"    if microbatch is not None and microbatch < {BATCH}:"]
        if self.own is not None:
            size, least = self.own.examples, self.own.least
            head = [
                f"    if microbatch is None:  # parts of about {size} stay in the cache",
                f"        microbatch = {BATCH} if {BATCH} < {least} else -(-{BATCH} // ({BATCH} // {size}))",
                f"    if microbatch < {BATCH}:",
            ]
        given = "{" + ", ".join(f"{string(t.name)}: {names[t.name]}" for t in givens) + "}"
        arguments = ("params", given, "cotangent", OUT, "microbatch", MAP, "dtype", str(BATCH))
        return [*head, *Line("return ", "_in_parts", arguments).render(8)]


def parts_of(program: Program, *, stateful: bool) -> Parts:
    """How the loss of ``program``, as the network was built, may be computed in parts."""
    if program.loss is None or not any(tensor.shape[:1] == (BATCH,) for tensor in program.tensors.values()):
        return Parts()
    if stateful:
        return Parts(True, refused="the next state is made from the whole batch")
    try:
        return Parts(True, is_mean(program, BATCH))
    except NotSeparable as refusal:
        return Parts(True, refused=str(refusal))
