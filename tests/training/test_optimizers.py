"""Each optimiser of the library against PyTorch's, fifty steps in double precision, and Lion against its paper."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from trained import examples, module_of, steps, yaml

from symbprop.library.catalogue import catalogue

STEPS = 50

# The library's name and arguments, PyTorch's name and arguments.
CASES: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("sgd", {"learning_rate": 0.3}, "SGD", {"lr": 0.3}),
    ("sgd", {"momentum": 0.9}, "SGD", {"lr": 0.01, "momentum": 0.9}),
    ("sgd", {"momentum": 0.8, "dampening": 0.3}, "SGD", {"lr": 0.01, "momentum": 0.8, "dampening": 0.3}),
    ("sgd", {"momentum": 0.9, "nesterov": True}, "SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True}),
    ("sgd", {"weight_decay": 0.1, "dampening": 0.5}, "SGD", {"lr": 0.01, "weight_decay": 0.1, "dampening": 0.5}),
    (
        "sgd", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.05, "learning_rate": 0.1},
        "SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.05},
    ),
    ("momentum", {}, "SGD", {"lr": 0.01, "momentum": 0.9}),
    ("momentum", {"momentum": 0.5, "learning_rate": 0.2}, "SGD", {"lr": 0.2, "momentum": 0.5}),
    ("nesterov", {}, "SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True}),
    ("adagrad", {}, "Adagrad", {}),
    (
        "adagrad",
        {"learning_rate": 0.1, "learning_rate_decay": 0.02, "weight_decay": 0.01, "initial_accumulator_value": 0.3, "epsilon": 1e-3},
        "Adagrad", {"lr": 0.1, "lr_decay": 0.02, "weight_decay": 0.01, "initial_accumulator_value": 0.3, "eps": 1e-3},
    ),
    ("adadelta", {}, "Adadelta", {}),
    (
        "adadelta", {"learning_rate": 0.7, "rho": 0.8, "epsilon": 1e-3, "weight_decay": 0.02},
        "Adadelta", {"lr": 0.7, "rho": 0.8, "eps": 1e-3, "weight_decay": 0.02},
    ),
    ("rmsprop", {}, "RMSprop", {}),
    ("rmsprop", {"centered": True, "learning_rate": 1e-3}, "RMSprop", {"centered": True, "lr": 1e-3}),
    (
        "rmsprop", {"rho": 0.9, "momentum": 0.9, "epsilon": 1e-4, "weight_decay": 0.01, "learning_rate": 1e-3},
        "RMSprop", {"alpha": 0.9, "momentum": 0.9, "eps": 1e-4, "weight_decay": 0.01, "lr": 1e-3},
    ),
    (
        "rmsprop", {"centered": True, "momentum": 0.5, "epsilon": 1e-3, "learning_rate": 1e-3},
        "RMSprop", {"centered": True, "momentum": 0.5, "eps": 1e-3, "lr": 1e-3},
    ),
    ("adam", {}, "Adam", {}),
    (
        "adam", {"learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4, "weight_decay": 0.1},
        "Adam", {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-4, "weight_decay": 0.1},
    ),
    ("adam", {"amsgrad": True, "beta_2": 0.9}, "Adam", {"amsgrad": True, "betas": (0.9, 0.9)}),
    ("amsgrad", {"beta_2": 0.8, "learning_rate": 0.03}, "Adam", {"amsgrad": True, "betas": (0.9, 0.8), "lr": 0.03}),
    ("adamw", {}, "AdamW", {}),
    (
        "adamw", {"learning_rate": 0.05, "weight_decay": 0.3, "amsgrad": True, "beta_2": 0.9},
        "AdamW", {"lr": 0.05, "weight_decay": 0.3, "amsgrad": True, "betas": (0.9, 0.9)},
    ),
    ("adamax", {}, "Adamax", {}),
    (
        "adamax", {"learning_rate": 0.05, "beta_1": 0.7, "beta_2": 0.9, "epsilon": 1e-3, "weight_decay": 0.1},
        "Adamax", {"lr": 0.05, "betas": (0.7, 0.9), "eps": 1e-3, "weight_decay": 0.1},
    ),
    ("nadam", {}, "NAdam", {}),
    (
        "nadam", {"learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.95, "momentum_decay": 0.1, "weight_decay": 0.05},
        "NAdam", {"lr": 0.02, "betas": (0.8, 0.95), "momentum_decay": 0.1, "weight_decay": 0.05},
    ),
]  # fmt: skip


def by_torch(name: str, arguments: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The same network, batches and first parameters in PyTorch, with its own gradients and its own optimiser."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    x, label = (torch.tensor(each) for each in examples())
    params = {key: torch.tensor(value, requires_grad=True) for key, value in module_of("{}").init(0).items()}
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # what it keeps beside the tensors, NAdam's product, is of this type
    try:
        return _fitted(torch, name, arguments, params, x, label)
    finally:
        torch.set_default_dtype(usual)


def _fitted(
    torch: Any, name: str, arguments: Mapping[str, Any], params: dict[str, Any], x: Any, label: Any
) -> dict[str, np.ndarray]:
    optimizer = getattr(torch.optim, name)(list(params.values()), **arguments)
    for number in range(STEPS):
        rows = slice(number * 40 % len(x), number * 40 % len(x) + 40)
        optimizer.zero_grad()
        hidden = torch.tanh(x[rows] @ params["W1"] + params["b1"])
        torch.nn.functional.cross_entropy(hidden @ params["W2"] + params["b2"], label[rows]).backward()
        optimizer.step()
    return {key: value.detach().numpy() for key, value in params.items()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{yaml(case[1])}")
def test_fifty_steps_are_those_of_pytorch(case: tuple[str, dict[str, Any], str, dict[str, Any]]) -> None:
    name, arguments, theirs, their_arguments = case
    module = module_of(f"{{optimizer: {{{name}: {yaml(arguments)}}}}}")
    params, state = steps(module, STEPS)
    truth = by_torch(theirs, their_arguments)
    assert int(state["step"]) == STEPS
    for key, value in truth.items():
        np.testing.assert_allclose(params[key], value, rtol=1e-10, atol=1e-10)
        assert not np.array_equal(params[key], module.init(0)[key])


def test_every_optimiser_of_the_library_is_held_against_something() -> None:
    optimizers = {name for name, category in catalogue().categories.items() if category == "optimizers"}
    assert optimizers == {case[0] for case in CASES} | {"lion"}


def test_lion_is_the_algorithm_of_its_paper_in_exact_fractions() -> None:
    """Algorithm 2 of Chen et al. 2023, on a bowl whose gradient is exact, so that no sign is in doubt."""
    net = "parameters: {w: {shape: [3]}}\nformulas: 'L = sum(k, (w[k] - k)^2 * (k + 1))'\n"
    arguments = {"learning_rate": 0.0625, "beta_1": 0.75, "beta_2": 0.5, "weight_decay": 0.125}
    module = module_of(f"{{optimizer: {{lion: {yaml(arguments)}}}}}", net)
    rate, beta1, beta2, decay = (Fraction(value) for value in arguments.values())
    start = [Fraction(5, 4), Fraction(-3, 2), Fraction(7, 8)]
    w, m = list(start), [Fraction(0)] * 3
    params = {"w": np.array([float(each) for each in start])}
    state = module.init_optimizer(params)
    signs = set()
    for _ in range(12):
        _, grads = module.loss_and_grad(params)
        params, state = module.step(params, grads, state)
        for k in range(3):
            gradient = 2 * (w[k] - k) * (k + 1)
            c = beta1 * m[k] + (1 - beta1) * gradient
            sign = (c > 0) - (c < 0)
            signs.add(sign)
            w[k] = w[k] - rate * (sign + decay * w[k])
            m[k] = beta2 * m[k] + (1 - beta2) * gradient
        assert params["w"].tolist() == pytest.approx([float(each) for each in w], rel=1e-13)
    assert {-1, 1} <= signs


@pytest.mark.parametrize(
    "name", [name for name, category in catalogue().categories.items() if category == "optimizers"]
)
def test_a_step_changes_nothing_it_is_given_and_keeps_float32(name: str) -> None:
    module = module_of(f"{{optimizer: {name}, clip: clip_by_global_norm}}")
    params = module.init(0, dtype="float32")
    x, label = examples()
    state = module.init_optimizer(params)
    for _ in range(2):
        _, grads = module.loss_and_grad(params, x, label)
        before = [value.copy() for table in (params, grads, state) for value in table.values()]
        new, after = module.step(params, grads, state)
        assert all(
            np.array_equal(old, value)
            for old, value in zip(before, [v for t in (params, grads, state) for v in t.values()], strict=True)
        )
        assert all(value.dtype == np.float32 for value in new.values())
        assert all(value.dtype == np.float32 for key, value in after.items() if key != "step")
        assert all(not np.shares_memory(new[key], params[key]) for key in params)
        params, state = new, after
    wide, narrow = (steps(module, 1) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(wide[0].values(), narrow[0].values(), strict=True))
