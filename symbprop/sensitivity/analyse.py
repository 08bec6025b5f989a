"""The whole analysis."""

from __future__ import annotations

from symbprop.calculus.program import GradientProgram
from symbprop.network.network import Network
from symbprop.sensitivity.activations import activations
from symbprop.sensitivity.advice import Findings, advice, warnings
from symbprop.sensitivity.flow import flows
from symbprop.sensitivity.linear import linear_layers
from symbprop.sensitivity.naming import layer_names
from symbprop.sensitivity.propagation import propagate
from symbprop.sensitivity.records import GradientNorm, Sensitivity
from symbprop.sensitivity.starts import network_starts
from symbprop.sensitivity.trials import tried_initializers


def analyse(gradient: GradientProgram, network: Network, measured: tuple[GradientNorm, ...] = ()) -> Sensitivity:
    """Where the gradients of ``network`` can vanish or explode at its start, and what could be done.

    The formulas are those of the description, before simplification; of ``gradient`` only the parameters whose gradient
    is identically zero are looked at. ``measured`` are the norms that :func:`symbprop.sensitivity.measure.gradient_norms`
    finds on data.
    """
    program = network.program
    names = layer_names(network)
    starts = network_starts(network)
    field = propagate(program, starts)
    layers = linear_layers(program)
    flow = flows(field, layers, names)
    functions = tuple(activations(program, starts, names))
    found = Findings(gradient, field, layers, flow, functions, measured, names)
    return Sensitivity(
        activations=tuple(each.bound for each in functions),
        layers=flow,
        measured=measured,
        warnings=tuple(dict.fromkeys(warnings(found))),
        advice=tuple(advice(found, lambda: tried_initializers(program, starts, layers, names))),
    )
