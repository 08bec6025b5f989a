"""Layers with state and noise against PyTorch: values, every gradient and running statistics to 1e-10 in float64."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symbprop.library.catalogue import catalogue
from symbprop.verify.module import verify_module

torch = pytest.importorskip("torch")
functional = torch.nn.functional

Compiled = Callable[..., ModuleType]
SHAPES = {1: (7, 3), 2: (5, 4, 3), 3: (3, 4, 5, 2), 4: (2, 3, 2, 3, 4)}
RATES = [0.0, 0.1, 0.5, 0.9]


def network(layer: str, arguments: Mapping[str, Any], shape: Sequence[int]) -> str:
    """A network of one layer whose input is a parameter e, with a loss that weighs every element of its output."""
    axes = ", ".join("nabcd"[: len(shape)])
    words = ", ".join(["name: y", *(f"{key}: {str(value).lower()}" for key, value in arguments.items())])
    return f"""
inputs: {{x: {{shape: {list(shape)}, batch: false}}}}
targets: {{t: {{shape: {list(shape)}, batch: false}}}}
layers:
  - formula: "z[{axes}] = x[{axes}] + e[{axes}]"
  - {layer}: {{{words}}}
loss: {{formula: "L = sum(({axes}), t[{axes}] * sin(y[{axes}]))"}}
"""


def point(module: ModuleType, seed: int = 3) -> tuple[dict[str, np.ndarray], list[np.ndarray]]:
    rng = np.random.default_rng(seed)
    params = {name: rng.standard_normal(shape) for name, shape in module.PARAMETERS.items()}
    return params, [rng.standard_normal(shape) for shape in (module.INPUTS["x"], module.TARGETS["t"])]


def assert_like_torch(
    module: ModuleType, function: Callable[..., Any], seed: int = 11, state: dict[str, np.ndarray] | None = None
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Output, loss and gradients in training are those of ``function(z, parameters)``; its output and the next state."""
    params, (x, t) = point(module)
    leaves = {name: torch.tensor(value, requires_grad=True) for name, value in params.items()}
    y = function(torch.tensor(x) + leaves["e"], leaves)
    total = (torch.tensor(t) * torch.sin(y)).sum()
    total.backward()
    kept = {"state": state} if hasattr(module, "STATE") else {}
    drawn = {"seed": seed} if hasattr(module, "NOISE") else {}
    loss, grads, *following = module.loss_and_grad(params, x, t, **kept, **drawn)
    out = module.forward(params, x, training=True, **kept, **drawn)
    out = out[0] if hasattr(module, "STATE") else out
    np.testing.assert_allclose(out, y.detach().numpy(), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(loss, total.item(), rtol=1e-10)
    for name, leaf in leaves.items():
        np.testing.assert_allclose(grads[name], leaf.grad.numpy(), rtol=1e-10, atol=1e-10, err_msg=name)
    return out, following[0] if following else {}


def channels_first(x: Any) -> Any:
    return x.movedim(-1, 1)


@pytest.mark.parametrize("rank", SHAPES)
@pytest.mark.parametrize(("momentum", "epsilon"), [(0.99, 1e-3), (0.9, 1e-5), (0, 0.1)])
@pytest.mark.parametrize(("center", "scale"), list(itertools.product([True, False], repeat=2)))
def test_batch_normalisation_is_that_of_pytorch_in_both_modes(
    rank: int, momentum: float, epsilon: float, center: bool, scale: bool, compiled: Compiled
) -> None:
    arguments = {"momentum": momentum, "epsilon": epsilon, "center": center, "scale": scale}
    module = compiled(network("batch_normalization", arguments, SHAPES[rank]))
    features = SHAPES[rank][-1]
    rng = np.random.default_rng(5)
    state = {"moving_mean_y": rng.standard_normal(features), "moving_variance_y": rng.uniform(0.5, 2.0, features)}
    mean, variance = (torch.tensor(state[name]) for name in ("moving_mean_y", "moving_variance_y"))

    def normalised(z: Any, leaves: Mapping[str, Any], training: bool = True) -> Any:
        gamma, beta = leaves.get("gamma_y"), leaves.get("beta_y")
        y = functional.batch_norm(
            channels_first(z), mean, variance, gamma, beta, training, momentum=1 - momentum, eps=epsilon
        )
        return y.movedim(1, -1)

    params, (x, _) = point(module)
    assert ("gamma_y" in params, "beta_y" in params) == (scale, center)
    inferred = module.forward(params, x, state=state)
    tensors = {name: torch.tensor(value) for name, value in params.items()}
    expected = normalised(torch.tensor(x) + tensors["e"], tensors, training=False)
    np.testing.assert_allclose(inferred, expected.numpy(), rtol=1e-10, atol=1e-10)
    _, following = assert_like_torch(module, normalised, state=state)
    # PyTorch's running variance takes the unbiased one, Keras' the biased one that it normalises by.
    count = np.prod(SHAPES[rank][:-1])
    fresh = (variance.numpy() - momentum * state["moving_variance_y"]) * (count - 1) / count
    np.testing.assert_allclose(following["moving_mean_y"], mean.numpy(), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(
        following["moving_variance_y"], momentum * state["moving_variance_y"] + fresh, rtol=1e-10, atol=1e-12
    )


def test_the_state_starts_at_mean_zero_and_variance_one(compiled: Compiled) -> None:
    module = compiled(network("batch_normalization", {}, (4, 3)))
    state = module.init_state()
    assert {name: value.tolist() for name, value in state.items()} == {
        "moving_mean_y": [0, 0, 0],
        "moving_variance_y": [1, 1, 1],
    }
    params, (x, _) = point(module)
    np.testing.assert_array_equal(module.forward(params, x), module.forward(params, x, state=state))


def uniform(shape: Sequence[int], seed: int = 11) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, shape)


def kept(shape: Sequence[int], rate: float) -> Any:
    """The mask, drawn as the module says that it draws it."""
    return torch.tensor((uniform(shape) + 1) / 2 >= rate)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("rank", SHAPES)
def test_dropout_is_a_mask_times_the_input(rank: int, rate: float, compiled: Compiled) -> None:
    module = compiled(network("dropout", {"rate": rate}, SHAPES[rank]))
    mask = kept(SHAPES[rank], rate)
    assert_like_torch(module, lambda z, _: z * mask / (1 - rate))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("rank", [2, 3, 4])
def test_spatial_dropout_drops_whole_features(rank: int, rate: float, compiled: Compiled) -> None:
    shape = SHAPES[rank]
    module = compiled(network(f"spatial_dropout{rank - 1}d", {"rate": rate}, shape))
    mask = kept((shape[0], shape[-1]), rate).reshape(shape[0], *[1] * (len(shape) - 2), shape[-1])
    out, _ = assert_like_torch(module, lambda z, _: z * mask / (1 - rate))
    dropped = np.all(out == 0, axis=tuple(range(1, len(shape) - 1)))
    assert np.array_equal(dropped, np.any(out == 0, axis=tuple(range(1, len(shape) - 1))))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("rank", SHAPES)
def test_alpha_dropout_is_that_of_the_paper(rank: int, rate: float, compiled: Compiled) -> None:
    module = compiled(network("alpha_dropout", {"rate": rate}, SHAPES[rank]))
    mask, limit = kept(SHAPES[rank], rate), -1.0507009873554805 * 1.6732632423543772
    a = ((1 - rate) * (1 + rate * limit**2)) ** -0.5
    assert_like_torch(module, lambda z, _: a * (torch.where(mask, z, limit)) - a * limit * rate)


def test_alpha_dropout_keeps_mean_and_variance_of_normal_numbers(compiled: Compiled) -> None:
    module = compiled(network("alpha_dropout", {"rate": 0.3}, (400, 300)))
    x = np.random.default_rng(0).standard_normal((400, 300))
    out = module.forward({"e": np.zeros((400, 300))}, x, training=True)
    assert abs(out.mean()) < 0.01
    assert abs(out.var() - 1) < 0.02


@pytest.mark.parametrize("rank", SHAPES)
def test_gaussian_noise_and_dropout_are_normal_numbers_added_and_multiplied(rank: int, compiled: Compiled) -> None:
    noise = torch.tensor(np.random.default_rng(11).standard_normal(SHAPES[rank]))
    for spread in (0.1, 2.0):
        module = compiled(network("gaussian_noise", {"stddev": spread}, SHAPES[rank]))
        assert_like_torch(module, lambda z, _, spread=spread: z + spread * noise)
    for rate in RATES:
        module = compiled(network("gaussian_dropout", {"rate": rate}, SHAPES[rank]))
        assert_like_torch(module, lambda z, _, rate=rate: z * (1 + (rate / (1 - rate)) ** 0.5 * noise))


NOISY = [name for name, operation in catalogue().operations.items() if any(a.noise for a in operation.arguments)]


@pytest.mark.parametrize("name", NOISY)
def test_a_layer_that_draws_noise_does_nothing_in_inference(name: str, compiled: Compiled) -> None:
    module = noisy(name, compiled)
    params, (x, t) = point(module)
    np.testing.assert_array_equal(module.forward(params, x), x + params["e"])
    np.testing.assert_allclose(module.loss(params, x, t), np.sum(t * np.sin(x + params["e"])), rtol=1e-12)


@pytest.mark.parametrize("name", NOISY)
def test_the_seed_decides_about_the_noise(name: str, compiled: Compiled) -> None:
    module = noisy(name, compiled)
    params, data = point(module)
    first, again, other = (module.loss_and_grad(params, *data, seed=seed) for seed in (1, 1, 2))
    assert first[0] == again[0]
    assert first[1]["e"].tobytes() == again[1]["e"].tobytes()
    assert first[0] != other[0]
    drawn = module.loss_and_grad(params, *data, seed=np.random.default_rng(1))
    assert drawn[0] == first[0]
    assert module.loss(params, *data, training=True, seed=1) == pytest.approx(first[0], rel=1e-13)


@pytest.mark.parametrize("name", NOISY)
def test_a_layer_that_draws_noise_passes_verification(name: str, compiled: Compiled) -> None:
    certificate = verify_module(noisy(name, compiled))
    assert certificate.passed, certificate.format()
    assert not certificate.notes


def noisy(name: str, compiled: Compiled) -> ModuleType:
    operation = catalogue().operations[name]
    axes = next(len(each.index) for each in operation.arguments)
    needed = {each.name: 0.25 for each in operation.attributes if each.default is None}
    return compiled(network(name, needed, SHAPES[axes - 1] if axes > 1 else SHAPES[2]))


@pytest.mark.parametrize("rank", SHAPES)
def test_batch_normalisation_passes_verification(rank: int, compiled: Compiled) -> None:
    certificate = verify_module(compiled(network("batch_normalization", {}, SHAPES[rank])))
    assert certificate.passed, certificate.format()
