"""The check that a module carries: it passes on every example, and catches what is planted in the module's text."""

from __future__ import annotations

import ast
import types
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from networks import ALL, MLP

from symbprop.deliver import audit
from symbprop.emit.selfcheck import with_selfcheck
from symbprop.language.source import Source
from symbprop.pipeline import compile_description, read
from symbprop.verify.calls import keywords
from symbprop.verify.sampling import sample

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


def text_of(source: Source) -> str:
    return compile_description(read(source), source, selfcheck=True).source


def loaded(text: str) -> ModuleType:
    module = types.ModuleType("checked")
    exec(compile(text, "checked", "exec"), module.__dict__)
    return module


def checked(module: ModuleType, seed: int = 0, scale: float = 1.0) -> dict[str, dict[str, float]]:
    point = sample(module, seed, scale)
    assert point is not None
    found: dict[str, dict[str, float]] = module.selfcheck(point.params, *point.data, **keywords(module, point))
    return found


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_passes_its_own_check(path: Path) -> None:
    """The module as it is kept, with the check behind it, which is written by the module's own signature."""
    text = with_selfcheck((ROOT / "generated" / f"{path.stem}.py").read_text(encoding="utf-8"))
    audit(text)
    assert max(map(len, text[text.index("def selfcheck") :].splitlines())) <= 100
    module = loaded(text)
    found = checked(module)
    assert list(found) == list(module.PARAMETERS)
    for name, each in found.items():
        assert set(each) == {"complex", "differences"}
        assert name in module.ZERO_GRADIENTS or each["complex"] < 1e-6
        assert name in module.ZERO_GRADIENTS or not each["differences"] >= 1e-4


def test_a_module_without_the_option_is_the_same_to_the_byte() -> None:
    source = Source("net.yaml", MLP)
    plain, with_check = compile_description(read(source), source).source, text_of(source)
    again = with_check.replace(" --selfcheck", "")
    assert again.startswith(plain)
    assert "selfcheck" not in plain
    assert "--selfcheck" in with_check.splitlines()[3]


def test_numpy_is_all_it_imports_and_single_precision_parameters_are_checked_in_double() -> None:
    text = text_of(Source("net.yaml", MLP))
    assert [ast.unparse(each) for each in ast.walk(ast.parse(text)) if isinstance(each, ast.Import)] == [
        "import numpy as np"
    ]
    module = loaded(text)
    point = sample(module, 0, 1.0)
    assert point is not None
    found = module.selfcheck(module.init(3, dtype="float32"), *point.data)
    assert all(each["complex"] < 1e-11 for each in found.values())


MUTANTS = {
    "a transposed product": ("h.T.dot(z2_bar, ", "h.T.dot(z2_bar[::-1], "),
    "an inverted derivative": ("u = np.add(work.one, t, ", "u = np.subtract(work.one, t, "),
    "an overwrite instead of a sum": ('work.ones2.dot(z1_bar, out=out["b1"])', "z1_bar[0].copy()"),
    "a missing mean": ("scale[...] = cotangent / N", "scale[...] = cotangent"),
    "the ninth digit": ('"W2": W2_bar', '"W2": W2_bar * (1 + 1e-9)'),
    "a parameter handed out": ('"b1": b1_bar', '"b1": b1'),
    "not a number": ('"b1": b1_bar', '"b1": b1_bar * np.nan'),
    "single precision": ('"W1": W1_bar', '"W1": W1_bar.astype(np.float32).astype(dtype)'),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_bug_planted_in_the_text_is_caught(mutant: str) -> None:
    text = text_of(Source("net.yaml", MLP))
    old, new = MUTANTS[mutant]
    start = text.index("def loss_and_grad")
    assert old in text[start:], f"the module no longer holds {old}"
    module = loaded(text[:start] + text[start:].replace(old, new))
    with pytest.raises(ArithmeticError, match=r"the gradient says"):
        checked(module)


def test_a_complex_path_that_lies_is_caught_by_differences() -> None:
    """A loss whose imaginary part follows the wrong gradient deceives the complex step alone."""
    text = text_of(Source("net.yaml", MLP))
    module = loaded(text)
    honest, loss = module.loss_and_grad, module.loss

    def twice(params: dict[str, np.ndarray], *args: np.ndarray, **named: float) -> object:
        value, grads = honest(params, *args, **named)
        return value, {name: 2 * grad for name, grad in grads.items()}

    def lying(params: dict[str, np.ndarray], *args: np.ndarray) -> complex:
        value = loss(params, *args)
        return value + 1j * np.imag(value) if np.iscomplexobj(value) else value

    module.loss_and_grad, module.loss = twice, lying  # type: ignore[attr-defined]
    with pytest.raises(ArithmeticError, match="differences"):
        checked(module)


@pytest.mark.parametrize("name", ALL)
def test_a_network_with_kinks_free_sizes_or_formulas_passes_at_many_seeds(name: str) -> None:
    module = loaded(text_of(Source("net.yaml", ALL[name])))
    for seed in range(5):
        checked(module, seed)
