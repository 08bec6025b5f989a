"""Emitted modules as their users meet them."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from networks import ALL, BRANCHED, EMBEDDED, MLP, point

from symbprop.calculus.interpreter import FLOAT, interpret
from symbprop.deliver import audit, compile_to
from symbprop.language.source import Source
from symbprop.library.catalogue import catalogue
from symbprop.pipeline import compile_description, derive, read
from symbprop.verify.module import load_module

Compiled = Callable[..., ModuleType]


def source_of(text: str, name: str = "net.yaml") -> str:
    return compile_description(read(Source(name, text)), Source(name, text)).source


@pytest.mark.parametrize("name", ALL)
def test_forward_values_and_losses_agree_with_the_index_loops_of_the_formulas(name: str, compiled: Compiled) -> None:
    module = compiled(ALL[name])
    params, data = point(module, batch=3)
    network = derive(read(Source("net.yaml", ALL[name]))).network
    names = [*module.INPUTS, *module.TARGETS]
    sizes = {"N": 3, **({"T": data[0].shape[1]} if name in ("embedded", "attentive") else {})}
    truth = interpret(network.program, {**params, **dict(zip(names, data, strict=True))}, sizes, FLOAT)
    assert network.program.loss is not None
    np.testing.assert_allclose(module.loss(params, *data), truth[network.program.loss][()], rtol=1e-12)
    outputs = module.forward(params, *data[: len(module.INPUTS)])
    for value, output in zip(
        outputs if isinstance(outputs, tuple) else (outputs,), network.program.outputs, strict=True
    ):
        for place, element in truth[output].items():
            np.testing.assert_allclose(np.asarray(value)[place], element, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", ALL)
def test_every_pass_can_be_left_out_and_the_numbers_stay(name: str, compiled: Compiled) -> None:
    module = compiled(ALL[name])
    params, data = point(module)
    loss, grads = module.loss_and_grad(params, *data)
    names = (
        "subtract_maximum",
        "inline_into_logarithms",
        "tidy_forward",
        "read_saved_values",
        "tidy_gradient",
        "share_terms",
        "workspace",
    )
    for without in (*((each,) for each in names), names):
        other_loss, other = compiled(ALL[name], without=without).loss_and_grad(params, *data)
        np.testing.assert_allclose(loss, other_loss, rtol=1e-12)
        for key in grads:
            np.testing.assert_allclose(grads[key], other[key], rtol=1e-10, atol=1e-13)


ACTIVATIONS = [name for name in catalogue().operations if catalogue().category(name) == "activations"]


@pytest.mark.parametrize("name", ["mlp", "branched", "reshaped", "embedded"])
def test_float32_stays_float32(name: str, compiled: Compiled) -> None:
    module = compiled(ALL[name])
    _, data = point(module)
    params = module.init(0, dtype="float32")
    loss, grads = module.loss_and_grad(params, *data)
    outputs = module.forward(params, *data[: len(module.INPUTS)])
    for value in (*grads.values(), *(outputs if isinstance(outputs, tuple) else (outputs,)), np.asarray(loss)):
        assert value.dtype == np.float32
    wide_loss, _ = module.loss_and_grad({k: v.astype(np.float64) for k, v in params.items()}, *data)
    np.testing.assert_allclose(loss, wide_loss, rtol=1e-5)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_float32_stays_float32_through_every_activation(activation: str, compiled: Compiled) -> None:
    module = compiled(MLP.replace("tanh", activation))
    _, data = point(module)
    loss, grads = module.loss_and_grad(module.init(0, dtype="float32"), *data)
    assert np.asarray(loss).dtype == np.float32
    assert all(value.dtype == np.float32 for value in grads.values())


def test_a_polynomial_network_is_exact_in_fractions(compiled: Compiled) -> None:
    module = compiled(
        "inputs: {x: {shape: [2]}}\nformulas:\n  - z[n] = sum(k, x[n,k]*w[k]^2)\n  - L = sum(n, z[n]^3) / 7\n"
    )
    w = np.array([Fraction(1, 3), Fraction(2, 5)], dtype=object)
    x = np.array([[Fraction(1), Fraction(2)], [Fraction(-1, 2), Fraction(3)]], dtype=object)
    loss, grads = module.loss_and_grad({"w": w}, x, cotangent=Fraction(1))
    z = [sum(x[n, k] * w[k] ** 2 for k in range(2)) for n in range(2)]
    assert loss == sum(each**3 for each in z) / 7
    for k in range(2):
        assert grads["w"][k] == sum(3 * z[n] ** 2 * x[n, k] * 2 * w[k] for n in range(2)) / 7


def test_wrong_arguments_are_told_by_name_also_without_assertions(compiled: Compiled, tmp_path: Path) -> None:
    module = compiled(MLP)
    params, (x, label) = point(module)
    for wrong, error, words in (
        ((params, x[:, :5], label), ValueError, "x has shape"),
        ((params, x[0], label), ValueError, "x has shape"),
        ((params, x, label[:3]), ValueError, "label has shape"),
        ((params, x, label + 0.5), TypeError, "label has dtype"),
        ((params, x, label - 9), ValueError, "label holds"),
        ((params, x, label + 9), ValueError, "label holds"),
        ((params, x.astype(str), label), TypeError, "x has dtype"),
        (({**params, "W1": params["W1"].T}, x, label), ValueError, "W1 has shape"),
        (({k: v for k, v in params.items() if k != "b1"}, x, label), KeyError, "b1"),
        (({**params, "q": x}, x, label), KeyError, "q"),
    ):
        with pytest.raises(error, match=words):
            module.loss_and_grad(*wrong)
    script = "import sys, numpy as np; sys.path.insert(0, '.'); import net\n"
    script += "try:\n    net.forward(net.init(), np.zeros((2, 9)))\nexcept ValueError as e:\n    print('told', e)\n"
    (tmp_path / "net.py").write_text(source_of(MLP), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-O", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("told x has shape")


def test_how_an_array_lies_in_memory_changes_no_number(compiled: Compiled) -> None:
    module = compiled(MLP)
    params, (x, label) = point(module)
    loss, grads = module.loss_and_grad(params, x, label)
    wide = np.zeros((10, 12))
    wide[::2, ::2] = x
    frozen = x.copy()
    frozen.setflags(write=False)
    for other in (wide[::2, ::2], frozen, x.astype(">f8"), np.asfortranarray(x)):
        other_loss, other_grads = module.loss_and_grad(
            {k: np.asfortranarray(v) for k, v in params.items()}, other, label.astype(">i4")
        )
        np.testing.assert_allclose(other_loss, loss, rtol=1e-14)
        for name in grads:
            np.testing.assert_allclose(other_grads[name], grads[name], rtol=1e-12, atol=1e-15)


def test_a_batch_of_one_and_of_none_are_defined(compiled: Compiled) -> None:
    module = compiled(MLP)
    params, (x, label) = point(module)
    assert module.forward(params, x[:0]).shape == (0, 4)
    loss, grads = module.loss_and_grad(params, x[:1], label[:1])
    assert np.isfinite(loss)
    assert grads["W1"].shape == (6, 5)
    with pytest.raises(ValueError, match="N is 0"):
        module.loss_and_grad(params, x[:0], label[:0])


def test_threads_get_the_same_bits_as_one_caller(compiled: Compiled) -> None:
    module = compiled(BRANCHED)
    points = [point(module, seed) for seed in range(8)]
    alone = [module.loss_and_grad(params, *data) for params, data in points]
    wrong: list[int] = []

    def work(number: int) -> None:
        params, data = points[number]
        for _ in range(100):
            loss, grads = module.loss_and_grad(params, *data)
            if loss != alone[number][0] or any(not np.array_equal(grads[k], alone[number][1][k]) for k in grads):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_the_file_runs_isolated_with_numpy_alone(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(source_of(MLP), encoding="utf-8")
    script = (
        "import importlib.util as u, sys, numpy as np\ns = u.spec_from_file_location('net', 'net.py'); m = u.module_from_spec(s)\n"
        "s.loader.exec_module(m); print(m.loss_and_grad(m.init(), np.ones((2, 6)), np.array([0, 3]))[0])\n"
        "assert 'symbprop' not in sys.modules and 'sympy' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert np.isfinite(float(done.stdout))


def test_two_compiles_give_the_same_bytes_whatever_the_hash_seed_and_folder(tmp_path: Path) -> None:
    script = "import sys; from symbprop.language.source import Source; from symbprop.pipeline import *\n"
    script += (
        "t = sys.stdin.read(); s = Source('net.yaml', t); sys.stdout.write(compile_description(read(s), s).source)"
    )
    texts = set()
    for seed, folder in (("0", tmp_path), ("1", Path.cwd()), ("77", Path("/"))):
        done = subprocess.run(
            [sys.executable, "-X", "utf8", "-c", script], input=BRANCHED, cwd=folder, capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed, "PATH": "", "PYTHONPATH": str(Path(__file__).resolve().parents[2]), "PYTHONIOENCODING": "utf8"},
        )  # fmt: skip
        texts.add(done.stdout)
    assert texts == {source_of(BRANCHED)}


@pytest.mark.parametrize("name", ALL)
def test_the_text_is_as_ruff_would_format_it_and_passes_the_audit(name: str, tmp_path: Path) -> None:
    text = source_of(ALL[name])
    audit(text)
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed")
    path = tmp_path / "net.py"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run([ruff, "format", "--isolated", "--diff", str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_repeated_ids_accumulate_in_an_embedding(compiled: Compiled) -> None:
    module = compiled(EMBEDDED)
    params, (ids, y) = point(module)
    ids[:] = 1
    _, grads = module.loss_and_grad(params, ids, y)
    assert not np.any(grads["E"][[0, 2]])
    assert np.any(grads["E"][1])


def test_the_module_reads_as_code_a_person_wrote() -> None:
    tree = ast.parse(source_of(MLP))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for name in ("init", "forward", "loss", "loss_and_grad"):
        assert ast.get_docstring(functions[name])
        assert functions[name].returns is not None
    text = source_of(MLP)
    assert "z̄2[n,m] = (p[n,m] − δ[m,label[n]]) / N" in text
    assert "z1_bar lives in h_bar" in text
    body = text[text.index("def loss_and_grad") : text.index("grads = {")]
    lines = [line for line in body.splitlines() if " = np." in line or "+= " in line]
    assert lines
    assert sum("# (" in line for line in lines) >= len(lines) - 3


def test_a_gradient_that_vanishes_is_reported_with_its_reason(tmp_path: Path) -> None:
    text = MLP.replace("loss:", "  - {formula: 'q[n, j] = log(x[n, j]) + c'}\n  - softmax\nloss:")
    source = Source("net.yaml", text)
    result, delivery = compile_to(read(source), source, tmp_path)
    assert delivery.certificate is not None
    assert delivery.certificate.passed
    module = load_module(delivery.path)
    assert set(module.ZERO_GRADIENTS) == {"c"}
    assert "stays the same whatever c is" in module.ZERO_GRADIENTS["c"]
    assert "identically zero" in result.source
    params, data = point(module)
    assert module.loss_and_grad(params, *data)[1]["c"] == 0


def test_a_thousand_layers_compile_to_a_module_that_runs(compiled: Compiled) -> None:
    layers = "  - dense: {units: 3, activation: tanh}\n" * 1000
    text = f"inputs: {{x: {{shape: [3]}}}}\ntargets: {{y: {{shape: [3]}}}}\nlayers:\n{layers}loss: mean_squared_error\n"
    module = compiled(text)
    params = module.init(0)
    _, grads = module.loss_and_grad(params, np.ones((2, 3)), np.zeros((2, 3)))
    assert len(grads) == 2000
    u = np.array([1.0, -1.0, 1.0])
    moved = module.loss({**params, "b1000": params["b1000"] + 1e-30j * u}, np.ones((2, 3)), np.zeros((2, 3)))
    np.testing.assert_allclose(grads["b1000"] @ u, moved.imag / 1e-30, rtol=1e-12)
