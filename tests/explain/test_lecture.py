"""``derive --steps`` as a lecture note: each form is true, each simplification has a name, the notes in docs are current."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from explain.by_hand import random_values
from explain.printed_truth import assert_printed_is_computed
from networks import CENTRED, MLP

from symbprop.calculus.notation import TEXT
from symbprop.calculus.program import GradientProgram, Program
from symbprop.cli.deriving import run_derive
from symbprop.explain.derive import derivation
from symbprop.explain.rules import REASONS, TITLES, title
from symbprop.explain.trace import trace
from symbprop.language.source import Source
from symbprop.pipeline import Derived, derive, read
from symbprop.simplify.passes import BACKWARD, FORWARD

SPECS = {
    "centred": CENTRED,
    "softmax": MLP,
    "sigmoid": MLP.replace("tanh", "sigmoid"),
    "softplus": MLP.replace("tanh", "softplus"),
    "binary": "inputs: {x: {shape: [3]}}\ntargets: {y: {shape: [1]}}\n"
    "layers: [{dense: {units: 2, activation: relu}}, {dense: {units: 1, activation: sigmoid}}]\nloss: binary_crossentropy\n",
    "squares": "inputs: {x: {shape: [3]}}\ntargets: {y: {shape: [1]}}\nlayers: [{dense: {units: 1, activation: sigmoid}}]\n"
    "loss: mean_squared_error\n",
}


def derived_from(text: str) -> Derived:
    return derive(read(Source("net.yaml", text)))


def lecture(derived: Derived) -> str:
    assert derived.gradient is not None
    return derivation(derived.gradient, steps=True, described=derived.network.program)


def cotangents_told(text: str, known: dict[str, str]) -> Iterator[str]:
    """The formulas under "Put in", after a move, and with a number, that say what a cotangent is."""
    whole = re.sub(r"\n {13,15}(?=\S)", " ", text.partition("\nBackward")[2])  # broken lines put together
    for line in whole.splitlines():
        formula = re.sub(r"^\(\d+\)", "", line.strip()).strip()
        left = formula.partition(" = ")[0].partition("[")[0]
        if left in known and "∂" not in formula:
            yield formula


def as_the_chain_rule_gives_it(gradient: GradientProgram, described: Program) -> Program:
    """Every cotangent before anything was simplified, and the sums that only the simplified gradient has."""
    raw = trace(described).raw
    assert raw is not None
    known = {each.target.tensor for each in raw.backward}
    sums = tuple(each for each in gradient.backward if each.target.tensor not in known)
    tensors = {**raw.program.tensors, **gradient.program.tensors}
    return replace(gradient.program, tensors=tensors, statements=(*gradient.forward.statements, *raw.backward, *sums))


@pytest.mark.parametrize("text", SPECS.values(), ids=SPECS)
def test_every_form_on_the_way_to_a_closed_form_is_the_same_cotangent(text: str) -> None:
    derived = derived_from(text)
    gradient = derived.gradient
    assert gradient is not None
    program = as_the_chain_rule_gives_it(gradient, derived.network.program)
    known = {TEXT.name(name): name for name in program.tensors if name.endswith(("_bar", "_sum"))}
    formulas = list(cotangents_told(lecture(derived), known))
    values = random_values(program, {"N": 3})
    assert len(formulas) > len(gradient.gradients)
    for formula in formulas:
        name = known[formula.partition(" = ")[0].partition("[")[0]]
        assert_printed_is_computed([formula], program, values, {"N": 3}, only=[name], tolerance=1e-10)


def test_the_way_from_the_exponential_to_the_saved_output_is_told() -> None:
    told = [line.strip() for line in lecture(derived_from(SPECS["squares"])).splitlines()]
    start = told.index("Put in:", told.index("The cotangent of z"))
    assert told[start : start + 8] == [
        "Put in:",
        "z̄[n,j] = ā[n,j] exp(−z[n,j]) / (1 + exp(−z[n,j]))²",
        "The forward pass has saved a value that is met here:",
        "a[n,j] = 1 / (1 + exp(−z[n,j]))",
        "Solved for the exponential, which is then put in:",
        "exp(−z[n,j]) = (1 − a[n,j]) / a[n,j]",
        "so that",
        "(5)  z̄[n,j] = ā[n,j] a[n,j] (1 − a[n,j])",
    ]


def steps_under(heading: str, text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines()]
    start = lines.index(heading)
    end = next(place for place in range(start, len(lines)) if not lines[place])
    return lines[start:end]


def test_a_sum_moved_out_of_a_cotangent_is_told_as_what_is_left_of_it() -> None:
    text = lecture(derived_from(CENTRED))
    assert "cotangent of spread_sum" not in text
    assert "cotangent of mean_sum" not in text
    told = steps_under("The cotangent of mean", text)
    zero = told.index("This term is nothing:")
    assert told[zero + 1].endswith(" (mean[n] − z[n,j]) / 2 = 0")
    assert told[zero + 2 : zero + 4] == ["because", "mean[n] = Σⱼ z[n,j] / 4"]
    assert told[-4:-1] == [
        "m̅e̅a̅n̅[n] = −mean_sum[n] / √(spread[n] + 0.001)",
        "with",
        "(9)  mean_sum[n] = Σⱼ gamma[j] ȳ_2[n,j]",
    ]
    read = steps_under("The cotangent of z", text)
    places = [read.index(f"Put in what defines {bar}") for bar in ("s̅p̅r̅e̅a̅d̅", "m̅e̅a̅n̅")]
    assert places == sorted(places)
    after = " ".join(read[places[1] + 1 : places[1] + 4])
    assert "spread_sum[n]" in after, "what was put in before is still put in"
    assert "s̅p̅r̅e̅a̅d̅" not in after


def test_each_cotangent_is_told_once() -> None:
    for text in SPECS.values():
        headings = [line for line in lecture(derived_from(text)).splitlines() if line.startswith("  The ")]
        assert len(headings) == len(set(headings))


def test_an_equation_that_the_chain_rule_passes_over_is_named() -> None:
    told = steps_under("The cotangent of z2", lecture(derived_from(MLP)))
    assert "Nothing comes from (4): the loss does not depend on the value of z2_max" in told


def test_what_was_rewritten_before_the_derivative_is_shown_with_its_reason() -> None:
    text = lecture(derived_from(MLP))
    assert text.startswith("As described\n")
    assert "The largest term is taken out of the sum of exponentials\n" in text
    assert "Σ exp(u) = exp(m) Σ exp(u − m)" in text
    assert "The logarithm of a product, a quotient or an exponential is split\n" in text


def test_every_pass_has_a_name_of_its_own_words() -> None:
    for rule in (*FORWARD.values(), *BACKWARD.values()):
        assert rule in TITLES, f"{title(rule)} is not in the table"
    assert set(REASONS) <= set(TITLES.values())


@pytest.mark.parametrize("name", ["neuron", "digits"])
def test_the_notes_in_the_docs_are_current(name: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_derive(str(root / "examples" / f"{name}.yaml"), None, "index", True, "markdown")
    made = capsys.readouterr().out
    kept = root / "docs" / "derivations" / f"{name}.md"
    assert kept.read_text(encoding="utf-8") == made, (
        f"run: symbprop derive examples/{name}.yaml --steps --format markdown > docs/derivations/{name}.md"
    )
