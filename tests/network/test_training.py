"""The training part of a description: what it may say, and where mistakes are told."""

from __future__ import annotations

from fractions import Fraction

import pytest

from symbprop.language.parser import parse_operations
from symbprop.language.source import Source, SourceError
from symbprop.library.catalogue import catalogue
from symbprop.network.build import build
from symbprop.network.description import StoppingSpec
from symbprop.network.schema import read_description

NET = "inputs: {x: {shape: [3]}}\ntargets: {y: {shape: [2]}}\nlayers: [{dense: {units: 2}}]\nloss: mean_squared_error\n"
OWN = """operations: |
  op heavy(w[i], g[i], t, state v[i] = ones; learning_rate = 0.1, drag = 0.5):
      v'[i] = drag * v[i] + g[i] * sqrt(t)
      w'[i] = w[i] - learning_rate * v'[i]
"""


def built(training: str, more: str = "") -> object:
    source = Source("net.yaml", f"{NET}{more}training: {training}\n")
    return build(read_description(source, catalogue().operations)).training


FAULTS = [
    ("{optimizer: addam}", "addam", "there is no optimizer 'addam'", "did you mean 'adam'?"),
    ("{optimizer: relu}", "relu", "'relu' is no optimizer", ""),
    ("{optimizer: {adam: {beta1: 0.9}}}", "beta1", "'adam' has no argument 'beta1'", "did you mean 'beta_1'?"),
    ("{optimizer: {adam: {amsgrad: 1}}}", "1}}", "true or false stands here", ""),
    ("{learning_rate: {cosine_decay: {}}}", "cosine_decay", "needs 'decay_steps'", ""),
    ("{learning_rate: {cosine: {decay_steps: 3}}}", "cosine", "'cosine' is no schedule", ""),
    ("{learning_rate: {sawtooth: {decay_steps: 3}}}", "sawtooth", "there is no schedule 'sawtooth'", ""),
    ("{learning_rate: {adam: {}}}", "adam", "'adam' is no schedule", ""),
    ("{warmup: {linear: {}}}", "linear", "'linear' is no warmup", ""),
    ("{warmup: linear_warmup}", "linear_warmup", "needs 'warmup_steps'", ""),
    ("{clip: clip_by_nrom}", "clip_by_nrom", "there is no clipping 'clip_by_nrom'", "did you mean 'clip_by_norm'?"),
    ("{clip: {clip_by_norm: {norm: 1}}}", "norm: 1", "has no argument 'norm'", ""),
    ("{early_stopping: {}}", "early_stopping", "patience", ""),
    ("{early_stopping: {patience: 0}}", "0", "at least 1", ""),
    ("{early_stopping: {patience: 2, montor: loss}}", "montor", "no key 'montor'", "did you mean 'monitor'?"),
    ("{early_stopping: {patience: 2, monitor: los}}", "los}", "", ""),
    ("{batch_size: every}", "every", "", ""),
    ("{batch_size: 0}", "0", "at least 1", ""),
    ("{clips: 3}", "clips", "no key 'clips'", "did you mean 'clip'?"),
]


@pytest.mark.parametrize(("text", "place", "message", "hint"), FAULTS)
def test_a_mistake_is_told_where_it_is(text: str, place: str, message: str, hint: str) -> None:
    with pytest.raises(SourceError) as caught:
        built(text)
    error = caught.value
    assert message in error.message
    assert hint in error.hint
    line = f"training: {text}"
    assert line[error.span.column - 1 :].startswith(place.split("}")[0]) or line[error.span.column - 1 :].startswith(
        "{"
    )
    assert error.span.line == 5


def test_all_of_it_is_read() -> None:
    source = Source(
        "net.yaml",
        NET + "training:\n  optimizer: {adam: {beta_1: 0.8}}\n  learning_rate: {one_cycle: {total_steps: 9}}\n"
        "  warmup: {linear_warmup: {warmup_steps: 3}}\n  clip: clip_by_value\n  batch_size: all\n"
        "  early_stopping: {patience: 3, monitor: loss, min_delta: 0.01, restore_best: false}\n",
    )
    spec = read_description(source, catalogue().operations).training
    assert spec is not None
    assert spec.batch_size is None
    assert spec.early_stopping == StoppingSpec(3, "loss", Fraction(1, 100), False)
    assert spec.clip is not None
    assert spec.clip.name == "clip_by_value"
    assert spec.warmup is not None
    assert spec.warmup.span.line == 8
    assert build(read_description(source, catalogue().operations)).training is not None


def test_a_description_may_bring_its_own_optimiser() -> None:
    made = build(read_description(Source("net.yaml", f"{NET}{OWN}training: {{optimizer: heavy}}\n")))
    assert made.training is not None
    assert [each.name for each in made.training.update.states] == ["v"]
    assert made.training.update.count == "t"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("op bad(w[i], g[i]):\n    v[i] = w[i] - g[i]\n", "does not give w'"),
        ("op bad(w[i]):\n    w'[i] = w[i]\n", "is no optimizer"),
        ("op bad(w[i, j], g[i, j]):\n    w'[i, j] = w[i, j] - g[i, j]\n", "runs over one index"),
        ("op bad(w[i], g[i], state v[i] = zeros):\n    w'[i] = w[i] - v[i]\n", "does not give v'"),
        ("op bad(w[i], g[i], state v[i] = glorot_uniform):\n    v'[i] = v[i]\n    w'[i] = w[i] - v[i]\n", "one number"),
        ("op bad(w[i], g[i], state v[i] = zeroes):\n    v'[i] = v[i]\n    w'[i] = w[i] - v[i]\n", "no initializer 'zeroes'"),
        ("op bad(w[i], g[i]):\n    u'[i] = g[i]\n    w'[i] = w[i]\n", "u' is the next value of u"),
    ],
)  # fmt: skip
def test_an_optimiser_that_is_none_says_why(text: str, message: str) -> None:
    body = "operations: |\n" + "".join(f"  {line}\n" for line in text.splitlines())
    with pytest.raises(SourceError) as caught:
        build(read_description(Source("net.yaml", f"{NET}{body}training: {{optimizer: bad}}\n")))
    assert message in caught.value.message


def test_states_and_next_values_are_a_part_of_the_language() -> None:
    (made,) = parse_operations(Source("a.sym", "op f(state m[k] = zeros, state, x[k]):\n    m'[k] = m[k] + x[k]\n"))
    assert [(each.name, each.state) for each in made.arguments] == [("m", True), ("state", False), ("x", False)]
    assert made.equations[0].target.name == "m_next"


def test_a_state_that_nothing_depends_on_is_not_carried() -> None:
    def carried(training: str) -> list[str]:
        made = built(training)
        return [each.name for each in made.update.states]  # type: ignore[attr-defined]

    assert carried("{optimizer: sgd}") == []
    assert carried("{optimizer: {sgd: {momentum: 0.5}}}") == ["v"]
    assert carried("{optimizer: adam}") == ["m", "v"]
    assert carried("{optimizer: {adam: {amsgrad: true}}}") == ["m", "v", "u"]
    assert carried("{optimizer: {rmsprop: {centered: true}}}") == ["s", "a"]
