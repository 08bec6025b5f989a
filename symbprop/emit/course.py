"""One program that a module runs: what is computed for it, its plans, and the lines of their bodies."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from symbprop.accuracy.computed import computed
from symbprop.calculus.program import Program
from symbprop.emit.body import Body
from symbprop.emit.buffering import buffering
from symbprop.emit.buffers import Buffers
from symbprop.emit.modes import Modes
from symbprop.emit.notes import Notes
from symbprop.emit.variables import size_names, variables
from symbprop.schedule.plan import Plan
from symbprop.schedule.schedule import schedule


class Course:
    """``whole`` has the tensors of every program of the module, so that a name is one variable in all of them.

    No variable has a name that is ``reserved``.
    """

    def __init__(
        self, program: Program, whole: Program, notes: Notes, modes: Modes, reserved: Collection[str] = ()
    ) -> None:
        self.program = program
        self.helpers: set[str] = set()
        self._whole = whole
        self._notes = notes
        self._modes = modes
        self._reserved = modes.reserved.union(reserved)
        self._computed, self._origins = computed(program, fast=modes.fast)
        self._plans: dict[tuple[str, ...], Plan] = {}

    def plan(self, results: Sequence[str]) -> Plan:
        """The plan of some results, made once."""
        key = tuple(results)
        if key not in self._plans:
            self._plans[key] = schedule(self._computed, key)
        return self._plans[key]

    def names(self, results: Sequence[str]) -> Mapping[str, str]:
        """The variable of every tensor of the plan of ``results``."""
        extra = [name for name in self.plan(results).tensors if name not in self._whole.tensors]
        return variables(self._whole, extra, self._reserved)

    def buffers(self, results: Sequence[str], places: Mapping[str, str] = MappingProxyType({})) -> Buffers:
        """Arrays that are kept from call to call, for what ``results`` are computed from, and the ``places`` of results."""
        return Buffers(self.plan(results), self.names(results), size_names(self._whole), places)

    def lines(self, results: Sequence[str], indent: int, buffers: Buffers | None = None) -> list[str]:
        """Noise drawn, and the plan of ``results`` run."""
        names = self.names(results)
        draws, helpers = self._modes.draws(self.program, names)
        body = Body(self.plan(results), names, self._cite, self._notes.explain, buffers)
        lines = (*buffering(self.plan(results)), *draws, *body.write())
        written = [row for line in lines for row in line.render(indent)]
        self.helpers |= body.helpers | helpers
        return written

    def _cite(self, position: int) -> str:
        """The number of the equation that the statement computed at ``position`` computes, or part of it."""
        return self._notes.cite(self._origins[position])
