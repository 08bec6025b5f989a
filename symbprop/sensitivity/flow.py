"""The flow of cotangents through the linear layers of a program."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from symbprop.calculus.gradient import influenced
from symbprop.calculus.program import Program, Role
from symbprop.calculus.statement import read_symbol
from symbprop.sensitivity.activations import largest_slope, passes_through
from symbprop.sensitivity.linear import Linear
from symbprop.sensitivity.propagation import Field
from symbprop.sensitivity.records import LayerFlow
from symbprop.sensitivity.starts import count, fixed_sizes


def cotangents(field: Field, layers: Sequence[Linear]) -> dict[str, float]:
    """The mean square of each tensor's cotangent, that of the outputs of the last linear layers being 1.

    Paths that meet again add their squares, as those of a skip connection and of what it skips do.
    """
    program = field.program
    sources = [*program.of(Role.PARAMETER), *program.of(Role.INPUT)]
    active = influenced(program, [tensor.name for tensor in sources if not tensor.integer])
    found = dict.fromkeys(_last(program, layers, active), 1.0)
    for source in reversed(program.statements):
        arriving = found.get(source.target.tensor)
        if arriving is None:
            continue
        for position, read in enumerate(source.reads):
            if read.tensor in active:
                more = field.returned(source, position)
                if more > 0:
                    found[read.tensor] = found.get(read.tensor, 0.0) + arriving * more
    return found


def _last(program: Program, layers: Sequence[Linear], active: Collection[str]) -> list[str]:
    """The outputs of linear layers that no other linear layer reads, at first hand or at second."""
    signals = {id(each.statement): each.statement.reads[each.signal].tensor for each in layers}
    before: set[str] = set()
    for source in reversed(program.statements):
        if id(source) in signals:
            before.add(signals[id(source)])
        if source.target.tensor in before:
            before.update(read.tensor for read in source.reads if read.tensor in active)
    return [each.output for each in layers if each.output not in before]


def flows(field: Field, layers: Sequence[Linear], names: Mapping[str, str]) -> tuple[LayerFlow, ...]:
    """What each linear layer does to the signal that comes back."""
    back = cotangents(field, layers)
    found = []
    for each in layers:
        below, slope = _below(field, each, {other.output for other in layers})
        start = field.starts[each.parameter]
        gain = math.sqrt(field.returned(each.statement, each.signal) * below)
        found.append(
            LayerFlow(
                layer=names[each.output],
                initializer=start.name,
                gain=gain,
                bound=stretch(field, each) * slope,
                cumulative=math.sqrt(back.get(each.output, 0.0)),
            )
        )
    return tuple(found)


def stretch(field: Field, layer: Linear) -> float:
    """The bound on how much longer a layer makes a cotangent: the spectral norm of its weights at the start."""
    source = layer.statement
    summed = count([each.extent for each in source.reduced])
    scattered = max(round(field.fan(source, source.reads[layer.signal])), 1)
    factor = fixed_sizes(source.expr.subs({read_symbol(0): 1, read_symbol(1): 1}))
    return abs(float(factor.n(15)) if factor.is_number else 1.0) * field.starts[layer.parameter].stretch(
        summed, scattered
    )


def _below(field: Field, layer: Linear, outputs: Collection[str]) -> tuple[float, float]:
    """From a layer's signal back to the linear output it comes from: mean square of the slopes, and their supremum."""
    definitions = field.program.definitions()
    square, largest = 1.0, 1.0
    name = layer.statement.reads[layer.signal].tensor
    while name not in outputs and name in definitions:
        sources = definitions[name]
        found = passes_through(sources[0], field.program) if len(sources) == 1 else None
        if found is None:
            break
        square *= field.returned(sources[0], found)
        largest *= largest_slope(sources[0], found, field.starts)
        name = sources[0].reads[found].tensor
    return square, largest
