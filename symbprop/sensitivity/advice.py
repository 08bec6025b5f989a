"""Warnings and advice, from figures alone.

A network whose signal falls below e⁻⁶ ≈ 2.5·10⁻³ on its way does not train: depth is limited to about six of the depth
scales on which signals decay by e (Schoenholz et al. 2017, section 5). A thousandth, and for explosion a thousand, is the
next power of ten; single precision itself loses seven digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sympy import oo

from symbprop.calculus.program import GradientProgram
from symbprop.sensitivity.activations import Activation
from symbprop.sensitivity.linear import Linear
from symbprop.sensitivity.propagation import Field
from symbprop.sensitivity.records import GradientNorm, LayerFlow
from symbprop.sensitivity.trials import Trial, steady_activation
from symbprop.sensitivity.wording import range_text

VANISHING = 1e-3  # of the cumulative gain
EXPLODING = 1e3
SLOW = 0.5  # of its supremum: root mean square of the slope of an activation that saturates
ALIKE = 0.02  # of a logarithm: initialisers that are so close are equally good
DEAD = 0.9  # of a layer's units that pass no gradient on
DEEP = 10  # linear layers one behind the other
FAR_OFF = 10.0  # of a measured norm from the expected one


@dataclass(frozen=True, slots=True)
class Findings:
    """What the rules look at."""

    gradient: GradientProgram
    field: Field
    layers: Sequence[Linear]
    flow: Sequence[LayerFlow]
    functions: Sequence[Activation]
    measured: Sequence[GradientNorm]
    names: Mapping[str, str]

    @property
    def vanishing(self) -> bool:
        """Whether a gradient is lost on its way to some layer."""
        return any(each.cumulative < VANISHING for each in self.flow)

    @property
    def exploding(self) -> bool:
        """Whether a gradient grows beyond measure on its way to some layer."""
        return any(each.cumulative > EXPLODING for each in self.flow)

    @property
    def hidden(self) -> list[Activation]:
        """The activations that some linear layer reads, at first hand or at second."""
        before = {each.statement.reads[each.signal].tensor for each in self.layers}
        for source in reversed(self.field.program.statements):
            if source.target.tensor in before:
                before.update(read.tensor for read in source.reads)
        return [each for each in self.functions if each.statement.target.tensor in before]


def warnings(found: Findings) -> Iterator[str]:
    """A sentence for each thing that keeps a gradient from arriving."""
    for name, reason in found.gradient.zeros.items():
        yield f"the gradient of {name} is identically zero: {reason}"
    yield from _equal_weights(found)
    yield from _flow(found)
    yield from _slopes(found)
    yield from _measured(found)


def _equal_weights(found: Findings) -> Iterator[str]:
    equal = [each for each in found.layers if found.field.starts[each.parameter].constant and each.statement.reduced]
    zero = [each.parameter for each in equal if found.field.starts[each.parameter].entries.mean == 0]
    units = [each.parameter for each in equal if found.field.fan(each.statement, each.statement.reads[each.signal]) > 1]
    if zero:
        yield f"{_listed(zero)}: the entries start as zeros, so no gradient passes back through them at first"
    if units:
        yield f"{_listed(units)}: all entries start equal, so a layer's units get equal gradients and stay equal"


def _flow(found: Findings) -> Iterator[str]:
    blocked = any(each.gain == 0 for each in found.flow)
    alive = [each for each in found.flow if each.cumulative > 0]
    least = min(alive, key=lambda each: each.cumulative, default=None)
    most = max(alive, key=lambda each: each.cumulative, default=None)
    if least is not None and least.cumulative < VANISHING:
        yield f"gradients vanish: at {least.layer} {_size(least.cumulative)} of the last layer's is left (expected root mean square)"
    elif blocked:
        yield "no gradient arrives before the layers whose gain is 0"
    if most is not None and most.cumulative > EXPLODING:
        yield f"gradients explode: at {most.layer} they are {_size(most.cumulative)} times those of the last layer (expected root mean square)"


def _slopes(found: Findings) -> Iterator[str]:
    saturated = [
        each
        for each in found.hidden
        if len(each.steep.flat_ends) == 2
        and found.field.local(each.statement, each.position) < (SLOW * each.steep.upper) ** 2
    ]
    for formula, functions in _grouped(saturated).items():
        slope = math.sqrt(min(found.field.local(each.statement, each.position) for each in functions))
        where = _listed([each.bound.layer for each in functions])
        yield f"{where}: the activation works where it saturates: the root mean square of f′ = {formula} is {_size(slope)}"
    flat = [each for each in found.hidden if len(each.steep.flat_ends) == 2 and each.steep.upper < SLOW]
    for formula, functions in _grouped(flat if found.vanishing else []).items():
        steepest = max(each.steep.upper for each in functions)
        where = _listed([each.bound.layer for each in functions])
        yield f"{where}: the activation is flat everywhere: f′ = {formula} is never larger than {_size(steepest)}"
    for each in found.hidden:
        share = _dead_share(each, found.field)
        if share >= DEAD:
            intervals = " and ".join(range_text(low, high) for low, high in each.steep.dead)
            yield f"{each.bound.layer}: {share:.0%} of the units are dead at the start (f′ = 0 for {intervals})"
    steep = [each for each in found.functions if each.steep.exact is oo]
    for formula, functions in _grouped(steep).items():
        yield f"{_listed([each.bound.layer for each in functions])}: the slope {formula} is unbounded: large arguments make gradients explode"


def _dead_share(each: Activation, field: Field) -> float:
    """The probability that a unit's argument lies where f′ is 0."""
    argument = field.values[each.statement.reads[each.position].tensor]
    spread = math.sqrt(argument.variance)

    def below(place: float) -> float:
        if spread == 0:
            return float(argument.mean < place)
        return 0.5 * (1 + math.erf((place - argument.mean) / spread / math.sqrt(2)))

    return sum(below(float(high)) - below(float(low)) for low, high in each.steep.dead)


def _grouped(functions: Sequence[Activation]) -> dict[str, list[Activation]]:
    """The activations by their formulas."""
    groups: dict[str, list[Activation]] = {}
    for each in functions:
        groups.setdefault(each.bound.formula, []).append(each)
    return groups


def _listed(names: Sequence[str]) -> str:
    """All of a few names, the ends of many."""
    return ", ".join(names) if len(names) <= 3 else f"{names[0]} to {names[-1]} ({len(names)} of them)"


def _measured(found: Findings) -> Iterator[str]:
    for each in found.measured:
        if not math.isfinite(each.norm):
            yield f"the measured gradient of {each.parameter} is not finite"
        elif each.norm == 0:
            yield f"the measured gradient of {each.parameter} is zero"
        elif each.predicted and not 1 / FAR_OFF < each.norm / each.predicted < FAR_OFF:
            yield f"the measured gradient of {each.parameter} is {_size(each.norm / each.predicted)} times the expected one"


def advice(found: Findings, trials: Callable[[], Sequence[Trial]]) -> Iterator[str]:
    """What could be done about the warnings; ``trials`` is called only if there is something to do."""
    stuck = any(each.gain == 0 for each in found.flow)
    if found.layers and (found.vanishing or found.exploding or stuck):
        best = trials()
        yield from _initializer(found, best)
        if found.vanishing and any(len(each.steep.flat_ends) == 2 for each in found.hidden):
            yield from _activation()
        if len(found.layers) >= DEEP:
            yield from _architecture(found)
    yield from _clipping(found)


def _initializer(found: Findings, trials: Sequence[Trial]) -> Iterator[str]:
    best = trials[0]
    alike = [each.name for each in trials if each.distance <= best.distance + ALIKE][:3]
    if not math.isfinite(best.distance):
        return
    worst = best.worst
    figure = f"{_size(worst.cumulative)} at {worst.layer}"
    if VANISHING <= worst.cumulative <= EXPLODING:
        yield f"start the weights with {' or '.join(alike)}: of the library's initialisers the gain is nearest to 1 with it ({figure})"
    else:
        yield f"no initialiser of the library helps enough; the best one is {' or '.join(alike)} ({figure})"


def _activation() -> Iterator[str]:
    best = steady_activation()
    if best is not None:
        yield f"an activation that does not saturate: {best.name}, with sup |f′| = {best.steep.upper:.4g}"


def _architecture(found: Findings) -> Iterator[str]:
    skipped = math.exp(sum(0.5 * math.log1p(each.gain**2) for each in found.flow[1:] if math.isfinite(each.gain)))
    if found.vanishing:
        yield (
            "a skip connection around a layer of gain g has the gain √(1 + g²) (He et al. 2016): "
            f"around every layer, the gain to the first would be {_size(skipped)}"
        )
    yield "normalise before each activation, which keeps its arguments where it is steep (Ioffe & Szegedy 2015; Ba et al. 2016)"


def _clipping(found: Findings) -> Iterator[str]:
    """Half the usual norm to ten times of it is what Pascanu, Mikolov, Bengio (2013, section 3.2) recommend."""
    total = math.sqrt(sum(each.norm**2 for each in found.measured))
    if found.exploding and found.measured and math.isfinite(total):
        yield f"clip gradients at a global norm of about {total:.2g}, which is what was measured (Pascanu et al. 2013: half to ten times the average)"
    elif found.exploding:
        yield "clip gradients by their global norm, at what it is on average (Pascanu et al. 2013)"


def _size(value: float) -> str:
    return f"{value:.2g}".replace("-", "−")
