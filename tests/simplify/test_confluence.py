"""The closed form does not depend on the order in which rules fire, nor on names; and every rewriting is proved on use."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest
from mpmath import mp, mpf
from simplify.test_textbook import FUNCTIONS, description
from simplify.textbook import PAIRS, Pair

from symbprop.calculus.equations import number_equations
from symbprop.calculus.gradient import gradient
from symbprop.calculus.interpreter import Arithmetic, interpret
from symbprop.calculus.printer import format_equation
from symbprop.calculus.program import GradientProgram, Program, Role
from symbprop.network.build import build
from symbprop.simplify.passes import BACKWARD, simplify_forward, simplify_gradient

DIGITS = 60
mp.dps = DIGITS
PRECISE = Arithmetic(lambda p, q: mpf(p) / q, {n: getattr(mp, n) for n in FUNCTIONS}, mp.pi, mp.e)
PHASES = (
    (
        "read_saved_sums",
        "inline_scalar_cotangents",
        "read_derivatives_through_broadcasts",
        "tidy_gradient",
        "read_saved_values",
    ),
    ("rescale_cotangents",),  # a factor is moved once the sum reads what is saved
    ("merge_terms",),  # and terms meet once their factors have been moved
)
ORDERED = [name for name in BACKWARD if name not in ("drop_unused", "share_terms")]


def test_the_phases_are_the_passes() -> None:
    assert sorted(name for phase in PHASES for name in phase) == sorted(ORDERED)


def raw(pair: Pair) -> GradientProgram:
    forward = simplify_forward(build(description(pair.formula), free_sizes=True).program)
    return gradient(forward, [tensor.name for tensor in forward.of(Role.PARAMETER)])


def printed(made: GradientProgram) -> set[str]:
    return {format_equation(each, made.program.tensors) for each in number_equations(made.backward)}


def terms(made: GradientProgram) -> set[str]:
    """Each statement printed by itself: the terms of an equation in no order."""
    return {format_equation(number_equations([each])[0], made.program.tensors) for each in made.backward}


def settled(made: GradientProgram, order: list[str]) -> GradientProgram:
    """The passes in an order of their own, again and again until nothing changes; at the end what is always last."""
    for _ in range(8):
        before = made.backward
        for name in order:
            made = BACKWARD[name](made)
        if made.backward == before:
            break
    for name in ("drop_unused", "share_terms"):
        made = BACKWARD[name](made)
    return made


def reordered(made: GradientProgram, rng: random.Random) -> GradientProgram:
    """The terms of each cotangent in another order, each still after what it reads."""
    waiting, done, shuffled = list(made.backward), set[int](), []
    while waiting:
        pending = {each.target.tensor for each in waiting}
        ready = [each for each in waiting if not pending & set(each.sources())]
        chosen = rng.choice(ready)
        waiting.remove(chosen)
        shuffled.append(chosen)
        done.add(id(chosen))
    return GradientProgram(made.forward, made.tensors, tuple(shuffled), made.gradients, made.zeros, made.seed)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_the_form_does_not_depend_on_the_order_of_the_terms(pair: Pair) -> None:
    made = raw(pair)
    forms = [terms(settled(reordered(made, random.Random(seed)), ORDERED)) for seed in range(3)]
    assert forms[0] == forms[1] == forms[2]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_the_form_does_not_depend_on_the_order_of_the_rules(pair: Pair) -> None:
    made = raw(pair)
    expected = printed(settled(made, ORDERED))
    for seed in range(3):
        rng = random.Random(seed)
        order = [name for phase in PHASES for name in rng.sample(phase, len(phase))]
        assert printed(settled(made, order)) == expected, order


def values(program: Program, seed: int) -> tuple[dict[str, object], dict[str, int]]:
    """Random positive numbers below one for all that is given; labels in range."""
    rng = random.Random(seed)
    free = sorted(
        {
            s.name
            for t in program.tensors.values()
            for size in t.shape
            if not isinstance(size, int)
            for s in size.free_symbols
        }
    )
    sizes = {name: 2 + position % 2 for position, name in enumerate(free)}

    def fill(shape: list[int], integer: bool) -> object:
        if not shape:
            return rng.randrange(2) if integer else mpf(rng.randrange(1, 1000)) / 1000
        return [fill(shape[1:], integer) for _ in range(shape[0])]

    found: dict[str, object] = {}
    for tensor in program.tensors.values():
        if tensor.role is not Role.VALUE:
            shape = [
                s if isinstance(s, int) else int(s.subs({x: sizes[x.name] for x in s.free_symbols}))
                for s in tensor.shape
            ]
            found[tensor.name] = mpf(1) if tensor.role is Role.SEED else fill(shape, tensor.integer)
    return found, sizes


def stages(made: GradientProgram) -> Iterator[tuple[str, GradientProgram]]:
    yield "the rule", made
    for name, apply in BACKWARD.items():
        made = apply(made)
        yield name, made


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_each_rule_is_proved_where_it_is_used(pair: Pair) -> None:
    """At random points, to 50 of 60 digits: after each pass every gradient is what it was before it."""
    for (_, before), (name, after) in itertools.pairwise(stages(raw(pair))):
        if before.backward == after.backward:
            continue
        given, sizes = values(before.program, 1)
        old = interpret(before.program, given, sizes, PRECISE)
        new = interpret(after.program, given, sizes, PRECISE)
        for bar in after.gradients.values():
            for point, value in old[bar].items():
                assert abs(value - new[bar][point]) <= mpf(10) ** -50 * (1 + abs(value)), (name, bar, point)


def test_a_wrong_rule_is_seen() -> None:
    made = simplify_gradient(raw(PAIRS[2]))
    given, sizes = values(made.program, 1)
    wrong = GradientProgram(made.forward, made.tensors, made.backward[:-1], made.gradients, made.zeros, made.seed)
    right, other = (interpret(each.program, given, sizes, PRECISE) for each in (made, wrong))
    assert any(right[bar] != other[bar] for bar in made.gradients.values())
