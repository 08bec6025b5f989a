"""The training part of a module: the step, the learning rate and the loop, as finished text for their templates."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from symbprop.calculus.printer import format_equation
from symbprop.calculus.program import Program, Tensor
from symbprop.calculus.statement import read_symbol
from symbprop.emit.body import Body
from symbprop.emit.lines import Line
from symbprop.emit.literals import docstring_safe, string
from symbprop.emit.modes import SEED_ARGUMENT, STATE_ARGUMENT
from symbprop.emit.notes import Notes
from symbprop.emit.scalars import Scalars
from symbprop.emit.sizes import number, size
from symbprop.emit.templates import environment
from symbprop.network.training import RATE, Training, Update
from symbprop.schedule.plan import Map
from symbprop.schedule.schedule import schedule

TAKEN = frozenset(("np", "dtype", "float", "step", "P"))
FIT = frozenset(
    "params epochs batch_size seed shuffle validation monitor patience min_delta restore_best rate callback resume np fit step forward "
    "init_optimizer learning_rate loss loss_and_grad init state init_state metrics".split()
)


@dataclass(frozen=True, slots=True)
class Written:
    """The body of one function: the equations for its docstring, its lines, the arguments and results by name."""

    equations: tuple[str, ...]
    lines: tuple[str, ...]
    names: Mapping[str, str]
    helpers: frozenset[str]
    words: frozenset[str]


def training_source(
    training: Training,
    parameters: Sequence[Tensor],
    givens: Sequence[Tensor],
    names: Mapping[str, str],
    keywords: Sequence[str],
) -> tuple[str, frozenset[str]]:
    """The functions that train, and the helpers that they call. ``givens`` are the module's inputs and
    targets, ``keywords`` what ``loss_and_grad`` takes beside them.
    """
    update, spec = training.update, training.spec
    step = _written(update.program, typed=True)
    rate = _written(training.rate, typed=False)
    clip = None if training.clipping is None else _written(training.clipping.program, typed=True)
    states = [each.name for each in update.states]
    arguments = [update.parameter, update.gradient, *states]
    keys = {name: f"{name}_" if name == "step" else name for name in states}
    text = environment().get_template("optimizer.py.jinja").render(
        title=docstring_safe(update.operation.name.replace("_", " ")),
        states=[
            {"key": string(keys[each.name]), "start": number(each.start), "alone": each.alone} for each in update.states
        ],
        keys=[string(each) for each in keys.values()],
        update=step,
        arguments=[step.names[name] for name in arguments],
        count=step.names.get(update.count, "t"),
        counts=bool(update.count),
        rate=step.names.get(RATE, ""),
        results=_results(update, step),
        schedule=rate,
        schedule_count=rate.names[training.count],
        varies=rate.names[training.count] in rate.words,
        schedule_result=rate.names[training.rate.outputs[0]],
        clip=clip,
        clip_gradient="" if training.clipping is None or clip is None else clip.names[training.clipping.gradient],
        clip_result="" if training.clipping is None or clip is None else clip.names[training.clipping.program.outputs[0]],
        separate=training.clipping is not None and training.clipping.separate,
        slices=_slices(parameters),
    )  # fmt: skip
    stopping = spec.early_stopping
    text += environment().get_template("fit.py.jinja").render(
        givens=[_apart(names[each.name]) for each in givens],
        epochs=spec.epochs,
        batch_size=spec.batch_size,
        seed=spec.seed,
        shuffle=spec.shuffle,
        validation=repr(float(spec.validation)),
        monitor=string(stopping.monitor) if stopping is not None and stopping.monitor else None,
        patience=None if stopping is None else stopping.patience,
        min_delta=repr(0.0 if stopping is None else float(stopping.min_delta)),
        restore_best=stopping is None or stopping.restore_best,
        stateful=STATE_ARGUMENT in keywords,
        noisy=SEED_ARGUMENT in keywords,
    )  # fmt: skip
    return text.rstrip("\n"), step.helpers | rate.helpers | (clip.helpers if clip is not None else frozenset())


class _Numbers(Body):
    """Numbers that stand alone are computed in double precision, as plain Python, and then take the arrays' type."""

    wrap = "dtype.type"

    def _map(self, step: Map) -> list[Line]:
        if step.domain or step.accumulate or step.target.index:
            return super()._map(step)
        leaves = {read_symbol(p): self.views.read(access, ()) for p, access in enumerate(step.reads)}
        leaves.update({each: each.name for each in step.expr.free_symbols if each not in leaves})
        scalars = Scalars(leaves, self._fresh)
        scalars.assign(self.names[step.target.tensor], step.expr, self.cite(step.source), self.wrap)
        self.helpers |= scalars.helpers
        return [Line(line[4:]) for line in scalars.lines]

    def _fresh(self) -> str:
        """A name for a part of a number, unlike any other in the function."""
        taken = {*self.names.values(), *self._buffers}
        self._parts = getattr(self, "_parts", 0) + 1
        name = f"part{self._parts}"
        return name if name not in taken else self._fresh()


class _Floats(_Numbers):
    """Where there are no arrays, numbers stay what they are."""

    wrap = ""


def _written(program: Program, *, typed: bool) -> Written:
    """A program as the lines of a function; ``typed`` says whether it computes with arrays of some dtype."""
    notes = Notes(program, program.statements, program.outputs)
    plan = schedule(program, program.outputs)
    names: dict[str, str] = {}
    for name in plan.tensors:
        wish = name
        while wish in TAKEN or wish in names.values():
            wish += "_"
        names[name] = wish
    body = (_Numbers if typed else _Floats)(plan, names, notes.cite, notes.explain)
    lines = [row for line in body.write() for row in line.render(4)]
    if "dtype" in (words := set(re.findall(r"\w+", "\n".join(lines)))) and typed:
        lines.insert(0, f"    dtype = {names[next(iter(program.tensors))]}.dtype")
    if "P" in words:
        lines.insert(0, f"    P = len({names[next(iter(program.tensors))]})")
    equations = [
        docstring_safe(f"({each.number})".ljust(5) + format_equation(each, program.tensors)) for each in notes.forward
    ]
    names.update({name: f"{names[name]}.copy()" for name in program.outputs if name in plan.shared})
    return Written(tuple(equations), tuple(lines), names, frozenset(body.helpers), frozenset(words))


def _results(update: Update, step: Written) -> list[str]:
    return [step.names[name] for name in update.program.outputs]


def _slices(parameters: Sequence[Tensor]) -> list[tuple[str, str, str]]:
    """Each parameter's key, its place in the packed vector, and how it gets its shape back."""
    found = []
    start = 0
    for tensor in parameters:
        sizes = [int(each) for each in tensor.shape]
        stop = start + math.prod(sizes)
        shape = ", ".join(size(each) for each in sizes)
        found.append((string(tensor.name), f"{start}:{stop}", "" if len(sizes) == 1 else f".reshape({shape or '()'})"))
        start = stop
    return found


def _apart(name: str) -> str:
    """The name of an argument of ``fit``, apart from its own."""
    return f"{name}_" if name in FIT else name
