"""State, noise and modes in an emitted module: keyword arguments, draws, and the next state that is handed back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symbprop.accuracy.fast import FAST
from symbprop.calculus.program import Program, Role, Tensor
from symbprop.emit.initial import DRAWS, HELPERS
from symbprop.emit.lines import Line
from symbprop.emit.literals import string
from symbprop.emit.storage import shape_text
from symbprop.language.syntax import Draw
from symbprop.network.network import Network
from symbprop.schedule.liveness import storage_roots
from symbprop.schedule.plan import Plan

STATE = "dict[str, np.ndarray]"
TRAINING_ARGUMENT = "training: bool = False"
STATE_ARGUMENT = f"state: {STATE} | None = None"
SEED_ARGUMENT = "seed: int | np.random.Generator = 0"
NAMES = frozenset(("training", "state", "seed", "next_state", "init_state", "STATE", "NOISE"))


@dataclass(frozen=True, slots=True)
class Modes:
    """What a network needs beside parameters and data, and how it is computed.

    ``differ`` says that training is another program than inference, ``fast`` that the fast forms are computed.
    """

    differ: bool
    states: tuple[Tensor, ...]
    noise: Mapping[str, Draw]
    fast: bool = False

    @property
    def reserved(self) -> frozenset[str]:
        """Names that no tensor's variable may have; none where a module has no modes, so that it stays as it was."""
        return NAMES if self.differ or self.states or self.noise else frozenset()

    def arguments(self, programs: Sequence[Program], *, training: bool = False) -> tuple[str, ...]:
        """The keyword arguments of a function that runs ``programs``; ``training`` if it is told which of them."""
        drawn = any(True for program in programs for _ in program.of(Role.NOISE))
        return (
            *((TRAINING_ARGUMENT,) if training else ()),
            *((STATE_ARGUMENT,) if self.states else ()),
            *((SEED_ARGUMENT,) if drawn else ()),
        )

    def tables(self, program: Program) -> tuple[tuple[str, tuple[Tensor, ...]], ...]:
        """The constants of a module that give shapes of states and noise."""
        return (("STATE", self.states), ("NOISE", tuple(program.of(Role.NOISE))))

    def draws(self, program: Program, names: Mapping[str, str]) -> tuple[list[Line], set[str]]:
        """All noise of a program, in its order: the same seed gives the same noise to every function; and the helpers."""
        noise = list(program.of(Role.NOISE))
        lines = [Line("rng = ", "np.random.default_rng", ("seed",))] if noise else []
        helpers: set[str] = set()
        for tensor in noise:
            draw = self.noise[tensor.name]
            drawn = DRAWS[draw].format(shape=shape_text(tensor.shape))
            lines.append(Line(f"{names[tensor.name]} = ", "np.asarray", (drawn, "dtype")))
            helpers |= {HELPERS[draw]} if draw in HELPERS else set()
        return lines, helpers

    def next_state(self, program: Program, plan: Plan, names: Mapping[str, str]) -> list[tuple[str, str]]:
        """Each state's name and next value as text. It is the caller's to keep: what something else holds too is copied."""
        roots = storage_roots(plan.tensors, list(plan.steps))
        following = set(program.updates.values())
        taken = {roots[name] for name in plan.results if name not in following}
        entries = []
        for state in self.states:
            name = program.updates.get(state.name, state.name)
            copied = name in plan.shared or name == state.name or roots[name] in taken
            value = f"{names[name]}.copy()" if copied else names[name]
            entries.append((string(state.name), value if state.shape else f"np.asarray({value})"))
            taken.add(roots[name])
        return entries


def modes_of(network: Network, program: Program) -> Modes:
    """The modes of a network that trains by ``program``."""
    return Modes(network.inference is not None, tuple(program.of(Role.STATE)), network.noise, network.accuracy == FAST)
