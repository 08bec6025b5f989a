"""Five hundred networks of any operations, each examined; what they found, each as a small test; and the tools themselves."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from attack.attack import EVERY, attack, smallest
from attack.case import PASSES, Broken, Case, emitted
from attack.checks import examine
from attack.grow import LARGE, SMALL, network
from attack.shrink import candidates, fitted, shrunk
from attack.sketch import Sketch

from symbprop.library.catalogue import catalogue

NETWORKS, PART = 500, 50


def sizes(seed: int) -> Sequence[int]:
    """Every tenth network is as large as those of ``python -m tests.attack``, the others smaller."""
    return SMALL if seed % EVERY else LARGE


@pytest.mark.parametrize("first", range(0, NETWORKS, PART))
def test_random_networks_keep_every_promise(first: int) -> None:
    """All checks of each, but that without any pass, which is made of every tenth: of the larger ones."""
    refused = 0
    for seed in range(first, first + PART):
        sketch, failure = attack(seed, sizes(seed))
        refused += sketch is None
        if sketch is not None and failure is not None:
            pytest.fail(f"network {seed}: {failure}\n{smallest(sketch, seed, failure.check).text}")
    assert refused <= PART // 5  # what is made from signatures is nearly always a network


def test_the_networks_hold_nearly_every_operation_of_the_library() -> None:
    kinds = {each.kind for seed in range(NETWORKS) for each in network(seed, sizes(seed)).nodes.values()}
    others = ("initializers", "optimizers", "schedules", "warmups", "clipping", "metrics", "losses", "penalties")
    wanted = {name for name in catalogue().operations if catalogue().category(name) not in others} - {"carried"}
    assert len(wanted - kinds) <= len(wanted) // 10, sorted(wanted - kinds)


def test_a_seed_gives_the_same_network_in_another_process(root: Path) -> None:
    script = "from attack.grow import network\nfor seed in (1, 7, 19): print(network(seed).text)"
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", script], cwd=root, capture_output=True, encoding="utf-8", check=True,
        env={"PYTHONPATH": f"{root}:{root / 'tests'}", "PYTHONHASHSEED": "3"},
    )  # fmt: skip
    assert done.stdout == "".join(f"{network(seed).text}\n" for seed in (1, 7, 19))


def test_a_failing_network_shrinks_to_what_fails() -> None:
    """A fault that any network with a certain layer has: nothing but that layer is left."""
    seed = next(
        seed for seed in range(200) if any(e.kind == "batch_normalization" for e in network(seed).nodes.values())
    )

    def fails(sketch: Sketch) -> bool:
        return "batch_normalization" in sketch.text

    small = shrunk(network(seed), fails)
    assert [each.kind for each in small.nodes.values()] == ["batch_normalization"]
    assert len(small.losses) == 1
    assert all(size == 1 for each in small.inputs.values() for size in each.shape)
    assert all(fitted(each) is None or fitted(each).text for each in candidates(small))  # type: ignore[union-attr]


# What random networks found. Each was wrong, or no module at all. ----------------------------------------------------

HEAD = "accuracy: fast\ninputs: {x: {shape: [2]}}\ntargets: {y: {shape: [2]}}\n"
CONSTANT = (
    f"{HEAD}nodes: {{a: {{bias: {{}}, inputs: [x]}}, b: {{subtract: {{}}, inputs: [a, a]}}, c: {{softplus: {{}}, inputs: [b]}}}}\n"
    "loss: {poisson: {inputs: [c, y]}}\n"
)
FOUND = {
    "a logarithm below the line of a quotient": 'formulas: "L = sum(i, y[i] / log(1 + exp(x[i:3])))"\n',
    "a logarithm inside another": 'formulas: "L = sum(i, log(1 + exp(x[i:3]) + log(1 + exp(x[i]))))"\n',
    "a value read once more where a number left a sum": (
        "inputs: {x: {shape: [1]}}\nlayers: [bias, {mish: {name: m}}]\nloss: {formula: 'L = mean((n, i), sin(m[n, i]))'}\n"
    ),
    "a constant that the wide exponential held": (
        "inputs: {x: {shape: [2]}}\nlayers: [bias, squareplus, {gelu: {name: g}}]\n"
        "loss: {formula: 'L = mean((n, i), g[n, i]^2)'}\n"
    ),
    "an exponential of a degree beyond use in a logarithm": (  # the compiler did not end
        f"{HEAD}layers: [bias, {{selu: {{scale: 2.101401974710961}}}}, softplus]\nloss: mean_squared_logarithmic_error\n"
    ),
    "a gaussian of a degree beyond use": (
        f"{HEAD}layers: [bias, {{selu: {{scale: 2.101401974710961}}}}, gelu]\nloss: poisson\n"
    ),
    "another function of what an exponential is of": (
        f"{HEAD}layers: [bias, {{elu: {{alpha: 1.2345678912345}}}}, gelu]\nloss: poisson\n"
    ),
    "a constant that a loss reads": CONSTANT,  # the loss was left out
    "a constant that a loss reads, to the last digits": CONSTANT.replace("accuracy: fast\n", ""),
    "a form that is finite nowhere at moderate numbers": (  # 1 − exp(−h) where h = 1e-55, times its inverse
        f"{HEAD}layers: [{{dense: {{units: 2}}}}, {{formula: 'z[n, i] = 40 * x[n, i]', name: z}}, softplus]\nloss: poisson\n"
    ),
    "a read that goes where another's definition is put in": (  # where(p > 0, p, s p), p a softplus: nothing of s is left
        "inputs: {x: {shape: [1]}}\ntargets: {y: {shape: [1]}}\nlayers: [softplus, channel_prelu]\nloss: huber\n"
    ),
    "two functions of two reads, one of which overflows": (  # log(1 + exp(c)) beside the slope of elu at z
        "inputs: {x: {shape: [3, 3]}}\nlayers: [{lstm: {units: 3, activation: softplus, recurrent_activation: elu, name: h}}]\n"
        "loss: {formula: 'L = mean((n, i), sin(h[n, i]) + h[n, i]^2 / 2)'}\n"
    ),
    "outputs that are no number without noise": (  # the direction of what shrinks to 0
        "inputs: {x: {shape: [1, 1]}}\ntargets: {y: {shape: [4]}}\nnodes:\n"
        "  z: {gaussian_noise: {stddev: 1}, inputs: [x], activation: hard_shrink}\n"
        "  c: {cosine: {}, inputs: {a: z, b: z}}\n  h: {dense: {units: 4}, inputs: [c]}\nloss: {tversky: {inputs: [h, y]}}\n"
    ),
    "a state made from the whole batch of what is always 0": (
        "inputs: {x: {shape: [1, 1]}}\ntargets: {y: {shape: [1, 1]}}\nnodes:\n  z: {subtract: {}, inputs: {a: x, b: x}}\n"
        "  h: {batch_normalization: {}, inputs: {x: z}}\nloss: {categorical_hinge: {inputs: [h, y]}}\n"
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_random_networks_found_stays_mended(name: str) -> None:
    examine(FOUND[name], 3)


@pytest.mark.parametrize("before", ["elu", "selu"])
def test_a_focal_loss_far_out_has_a_gradient_whatever_gave_the_logits(before: str) -> None:
    """It was not a number from 37 on: no form was a function of the logits alone."""
    text = "inputs: {x: {shape: [1]}}\ntargets: {y: {shape: [1]}}\nlayers: [bias, %s]\nloss: {binary_focal_crossentropy: {from_logits: true}}\n"
    _, module = emitted(text % before)
    for dtype in (np.float32, np.float64):
        for size in (20, 40, 500):
            _, gradient = module.loss_and_grad(
                {"b": np.zeros(1, dtype)}, np.full((1, 1), size, dtype), np.ones((1, 1), dtype) / 2
            )
            assert gradient["b"] == pytest.approx([(1.0507009873554805 if before == "selu" else 1) / 8], rel=1e-5)


def test_a_product_of_functions_of_different_reads_is_finite_where_each_is() -> None:
    """The slope by the output gate, softplus(c) elu'(z): it was not a number from c = 710 on."""
    _, module = emitted(FOUND["two functions of two reads, one of which overflows"])
    rng = np.random.default_rng(1)
    params = {name: rng.normal(size=shape) for name, shape in module.PARAMETERS.items()}
    x = 20 * rng.normal(size=(2, 3, 3))
    _, gradient = module.loss_and_grad(params, x)
    for name, value in params.items():
        step = 1e-7 * rng.normal(size=value.shape)
        above, below = (module.loss({**params, name: value + s * step}, x) for s in (1, -1))
        assert np.sum(gradient[name] * step) == pytest.approx((above - below) / 2, rel=1e-4)


def test_a_poisson_loss_of_a_softplus_has_a_module_without_any_pass() -> None:
    text = "inputs: {x: {shape: [3]}}\ntargets: {y: {shape: [1]}}\nlayers: [{dense: {units: 1}}, softplus]\nloss: poisson\n"
    examine(text, 0)
    _, module = emitted(text, PASSES)
    assert "l0" not in vars(module)


def test_exponentials_of_incommensurable_arguments_do_not_hang_the_compiler() -> None:
    """Their common power of E would be some 10^16."""
    start = time.process_time()
    emitted(
        "inputs: {x: {shape: [3]}}\nlayers: [bias, selu, selu, sigmoid]\nloss: {formula: 'L = mean((n, i), sigmoid[n, i])'}\n".replace(
            "sigmoid]", "{sigmoid: {name: s}}]", 1
        ).replace("sigmoid[n", "s[n")
    )
    assert time.process_time() - start < 60


def test_whatever_is_raised_is_told_with_the_name_of_the_check() -> None:
    def unlucky(case: Case) -> None:
        raise RuntimeError(case.text)

    with pytest.raises(Broken, match="unlucky: RuntimeError: formulas"):
        examine(FOUND["a logarithm inside another"], 0, [unlucky])
