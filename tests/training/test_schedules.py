"""Learning rates against PyTorch's schedulers where it has them, else against the published formula in exact fractions."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import pytest
from trained import module_of, yaml

from symbprop.language.source import SourceError
from symbprop.library.catalogue import catalogue

STEPS = 60
RATE = 0.1

# The library's name and arguments, PyTorch's scheduler and arguments.
CASES: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("constant_rate", {}, "ConstantLR", {"factor": 1.0}),
    ("step_decay", {"decay_steps": 7, "decay_rate": 0.3}, "StepLR", {"step_size": 7, "gamma": 0.3}),
    ("step_decay", {"decay_steps": 5}, "StepLR", {"step_size": 5}),
    (
        "piecewise_constant_decay", {"boundaries": [6, 19, 40], "values": [0.1, 0.03, 0.009, 0.0027]},
        "MultiStepLR", {"milestones": [7, 20, 41], "gamma": 0.3},
    ),
    ("exponential_decay", {"decay_steps": 1, "decay_rate": 0.93}, "ExponentialLR", {"gamma": 0.93}),
    ("exponential_decay", {"decay_steps": 9, "decay_rate": 0.5, "staircase": True}, "StepLR", {"step_size": 9, "gamma": 0.5}),
    ("polynomial_decay", {"decay_steps": 40, "end_learning_rate": 0, "power": 2.5}, "PolynomialLR", {"total_iters": 40, "power": 2.5}),
    ("polynomial_decay", {"decay_steps": 40, "end_learning_rate": 0.02}, "LinearLR", {"start_factor": 1.0, "end_factor": 0.2, "total_iters": 40}),
    ("cosine_decay", {"decay_steps": STEPS, "alpha": 0.25}, "CosineAnnealingLR", {"T_max": STEPS, "eta_min": 0.025}),
    ("cosine_decay_restarts", {"first_decay_steps": 10, "t_mul": 1}, "CosineAnnealingWarmRestarts", {"T_0": 10}),
    (
        "cosine_decay_restarts", {"first_decay_steps": 3, "t_mul": 3, "alpha": 0.1},
        "CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 3, "eta_min": 0.01},
    ),
    ("cosine_decay_restarts", {"first_decay_steps": 8}, "CosineAnnealingWarmRestarts", {"T_0": 8, "T_mult": 2}),
    ("one_cycle", {"total_steps": STEPS}, "OneCycleLR", {"max_lr": RATE, "total_steps": STEPS}),
    (
        "one_cycle", {"total_steps": STEPS, "pct_start": 0.4, "div_factor": 10, "final_div_factor": 50, "linear": True},
        "OneCycleLR",
        {"max_lr": RATE, "total_steps": STEPS, "pct_start": 0.4, "div_factor": 10, "final_div_factor": 50, "anneal_strategy": "linear"},
    ),
    (
        "one_cycle", {"total_steps": STEPS, "three_phase": True},
        "OneCycleLR", {"max_lr": RATE, "total_steps": STEPS, "three_phase": True},
    ),
    (
        "triangular", {"max_learning_rate": 0.7, "step_size_up": 8, "step_size_down": 5},
        "CyclicLR", {"base_lr": RATE, "max_lr": 0.7, "step_size_up": 8, "step_size_down": 5},
    ),
    (
        "triangular2", {"max_learning_rate": 0.7, "step_size_up": 8, "step_size_down": 8},
        "CyclicLR", {"base_lr": RATE, "max_lr": 0.7, "step_size_up": 8, "mode": "triangular2"},
    ),
    (
        "exp_range", {"max_learning_rate": 0.7, "step_size_up": 8, "step_size_down": 5, "gamma": 0.97},
        "CyclicLR", {"base_lr": RATE, "max_lr": 0.7, "step_size_up": 8, "step_size_down": 5, "mode": "exp_range", "gamma": 0.97},
    ),
]  # fmt: skip


def rates(schedule: str, more: str = "") -> list[float]:
    module = module_of(f"{{optimizer: {{sgd: {{learning_rate: {RATE}}}}}, learning_rate: {schedule}{more}}}")
    return [module.learning_rate(step) for step in range(STEPS)]


def torch_rates(make: Callable[[Any, Any], Any]) -> list[float]:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=RATE, momentum=0.9)
    scheduler = make(torch.optim.lr_scheduler, optimizer)
    found = []
    for _ in range(STEPS):
        found.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        scheduler.step() if len(found) < STEPS else None
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{yaml(case[1])}")
def test_a_schedule_is_that_of_pytorch(case: tuple[str, dict[str, Any], str, dict[str, Any]]) -> None:
    name, arguments, theirs, their_arguments = case
    if theirs in ("OneCycleLR", "CyclicLR"):
        their_arguments = {**their_arguments, "cycle_momentum": False}
    found = rates(f"{{{name}: {yaml(arguments)}}}")
    truth = torch_rates(lambda module, optimizer: getattr(module, theirs)(optimizer, **their_arguments))
    assert found == pytest.approx(truth, rel=1e-10, abs=1e-13)
    assert len(set(found)) > 1 or name == "constant_rate"


@pytest.mark.parametrize("start", [0.25, 1 / 3])
def test_a_warm_up_multiplies_what_follows_as_pytorchs_chain_does(start: float) -> None:
    found = rates(
        "{exponential_decay: {decay_steps: 1, decay_rate: 0.95}}",
        f", warmup: {{linear_warmup: {{warmup_steps: 12, start_factor: {start!r}}}}}",
    )

    def chain(module: Any, optimizer: Any) -> Any:
        ramp = module.LinearLR(optimizer, start_factor=start, total_iters=12)
        return module.ChainedScheduler([ramp, module.ExponentialLR(optimizer, 0.95)])

    assert found == pytest.approx(torch_rates(chain), rel=1e-10)
    factor = rates("constant_rate", ", warmup: {constant_warmup: {warmup_steps: 5, factor: 0.3}}")
    assert factor == pytest.approx(
        torch_rates(lambda module, optimizer: module.ConstantLR(optimizer, factor=0.3, total_iters=5)), rel=1e-12
    )


def test_inverse_time_decay_is_its_formula_in_exact_fractions() -> None:
    for staircase in (False, True):
        arguments = f"decay_steps: 7, decay_rate: 0.5, staircase: {yaml(staircase)}"
        found = rates(f"{{inverse_time_decay: {{{arguments}}}}}")
        for step, rate in enumerate(found):
            time = Fraction(step // 7) if staircase else Fraction(step, 7)
            assert rate == pytest.approx(float(Fraction(1, 10) / (1 + time / 2)), rel=1e-14)


def test_the_rate_of_the_transformer_is_its_formula_in_high_precision() -> None:
    """Vaswani et al. 2017, eq. 3: proportional to min(n^-0.5, n · warmup^-1.5), n counted from 1."""
    found = rates("{inverse_square_root: {warmup_steps: 20}}")
    with mpmath.workdps(40):
        shape = [min(mpmath.mpf(n) ** -0.5, n * mpmath.mpf(20) ** -1.5) for n in range(1, STEPS + 1)]
        truth = [float(mpmath.mpf(1) / 10 * each / max(shape)) for each in shape]
    assert found == pytest.approx(truth, rel=1e-14)


def test_cosines_with_any_ratio_restart_where_their_lengths_add_up() -> None:
    """Lengths 10, 15, 22.5, …; heights 1, 0.8, 0.64, …; in exact fractions and 40 digits."""
    found = rates("{cosine_decay_restarts: {first_decay_steps: 10, t_mul: 1.5, m_mul: 0.8}}")
    for step, rate in enumerate(found):
        start, length, height = Fraction(0), Fraction(10), Fraction(1)
        while step >= start + length:
            start, length, height = start + length, length * Fraction(3, 2), height * Fraction(4, 5)
        with mpmath.workdps(40):
            part = (step - start) / length
            truth = (1 + mpmath.cos(mpmath.pi * part.numerator / part.denominator)) / 2
            assert rate == pytest.approx(float(truth * height.numerator / height.denominator / 10), rel=1e-13)


def test_a_restart_is_never_a_step_late_over_a_million_steps() -> None:
    """log(3^j) / log(3) is often just below j in floating point."""
    module = module_of("{learning_rate: {cosine_decay_restarts: {first_decay_steps: 2, t_mul: 3, learning_rate: 1}}}")
    start, length = 0, 2
    while start < 10**6:
        assert module.learning_rate(start) == 1
        assert module.learning_rate(max(start - 1, 0)) < 0.6 or start == 0
        start, length = start + length, length * 3


@pytest.mark.parametrize(
    ("boundaries", "values", "message"),
    [
        ([3, 6], [1, 0.5], "values has 2 entries, there is no values[2]"),
        ([3], [1, 0.5, 0.2], "boundaries has 1 entry, there is no boundaries[1]"),
    ],
)
def test_lists_of_lengths_that_do_not_fit_are_told(boundaries: list[int], values: list[float], message: str) -> None:
    with pytest.raises(SourceError, match=re.escape(message)):
        rates(f"{{piecewise_constant_decay: {{boundaries: {boundaries}, values: {values}}}}}")


def test_no_boundaries_are_one_rate() -> None:
    assert set(rates("{piecewise_constant_decay: {boundaries: [], values: [0.25]}}")) == {0.25}


def test_every_schedule_and_warm_up_of_the_library_is_held_against_something() -> None:
    known = {case[0] for case in CASES} | {"inverse_time_decay", "inverse_square_root"}
    assert {name for name, category in catalogue().categories.items() if category == "schedules"} == known
    warmups = {name for name, category in catalogue().categories.items() if category == "warmups"}
    assert warmups == {"linear_warmup", "constant_warmup"}


def test_a_step_takes_the_rate_of_its_own_number() -> None:
    net = "parameters: {w: {shape: []}}\nformulas: 'L = w'\n"
    module = module_of("{learning_rate: {step_decay: {learning_rate: 1, decay_steps: 2, decay_rate: 0.5}}}", net)
    params = module.init(0)
    params, state = {"w": params["w"] * 0}, module.init_optimizer(params)
    values = []
    for _ in range(5):
        _, grads = module.loss_and_grad(params)
        params, state = module.step(params, grads, state)
        values.append(float(params["w"]))
    assert values == [-1, -2, -2.5, -3, -3.25]
    params, state = module.step(params, grads, state, rate=10.0)
    assert float(params["w"]) == -13.25
