"""The command line as its users meet it: in a process of its own."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from networks import MLP
from warm import Ended, Warm

Run = Callable[..., Ended]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def run(tmp_path: Path, warm: Warm) -> Run:
    """Runs ``symbprop`` in an empty folder."""

    def command(*arguments: str, text: str = "") -> Ended:
        return warm.run(tmp_path, *arguments, stdin=text, seconds=120)

    return command


def test_help_and_version_import_neither_sympy_nor_numpy() -> None:
    script = "import sys, symbprop.cli\ntry:\n    symbprop.cli.main()\nexcept SystemExit: pass\n"
    script += "print([m for m in ('sympy', 'numpy', 'pydantic', 'lark', 'jinja2') if m in sys.modules])"
    for option in ("--help", "--version"):
        done = subprocess.run([sys.executable, "-c", script, option], capture_output=True, text=True, check=True)
        assert done.stdout.strip().endswith("[]")


def test_every_command_has_a_help_text_with_an_example(run: Run) -> None:
    for name in ("compile", "derive", "check", "train", "ops", "schema", "summary", "bench", "doctor"):
        done = run(name, "--help")
        assert done.status == 0
        assert f"Example: symbprop {name}" in " ".join(done.stdout.split())


def test_compile_writes_a_verified_module_and_says_what_it_derived(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(MLP)
    done = run("compile", "net.yaml", "-o", "out")
    assert done.status == 0, done.stderr
    assert "z̄2[n,m] = (p[n,m] − δ[m,label[n]]) / N" in done.stdout
    assert "net: verified" in done.stdout
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["net.py"]
    checked = run("check", "out/net.py", "--json")
    assert checked.status == 0
    assert json.loads(checked.stdout)["passed"] is True


def test_standard_input_is_a_description(run: Run, tmp_path: Path) -> None:
    done = run("compile", "-", "--json", text="name: piped\n" + MLP)
    assert done.status == 0, done.stderr
    assert json.loads(done.stdout)["certificate"]["passed"] is True
    assert (tmp_path / "generated" / "piped.py").exists()


def test_derive_takes_a_formula_and_writes_every_format(run: Run) -> None:
    text = run("derive", "L = 3*x^2 + 2*x*y + y^2").stdout
    assert "x̄ = 6 x + 2 y" in text
    assert r"\bar{x} = 6 x + 2 y" in run("derive", "L = 3*x^2 + 2*x*y + y^2", "--format", "latex").stdout
    assert "$$" in run("derive", "L = x^2", "--format", "markdown").stdout
    assert run("derive", "L = x^2", "--format", "html").stdout.startswith("<!doctype html>")
    only = run("derive", "L = x^2 * y", "--wrt", "y").stdout
    assert "ȳ" in only
    assert "x̄" not in only
    matrix = run("derive", str(EXAMPLES / "digits.yaml"), "--form", "matrix").stdout
    assert "W̄2 = hᵀ z̄2" in matrix
    assert "h̄ = z̄2 W2ᵀ" in matrix


def test_derive_writes_the_chain_rule_out(run: Run) -> None:
    text = run("derive", str(EXAMPLES / "neuron.yaml"), "--steps").stdout
    assert "∂L/∂W = ∂L/∂a · ∂a/∂z · ∂z/∂W" in text
    assert "∂z[n,j]/∂W[k,j] = x[n,k]" in text


def test_train_reaches_the_digits_with_the_emitted_module_alone(run: Run, tmp_path: Path) -> None:
    done = run("train", str(EXAMPLES / "digits.yaml"), "-o", "out", "--json")
    assert done.status == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["held_out_accuracy"] >= 0.95
    weights = np.load(tmp_path / "out" / "digits.npz")
    assert weights["W1"].shape == (64, 32)
    curve = (tmp_path / "out" / "digits_curve.csv").read_text().splitlines()
    assert len(curve) == 1 + report["epochs"]


def test_ops_lists_the_library_and_derives_one(run: Run) -> None:
    listing = run("ops").stdout
    assert "activations:" in listing
    assert "softmax" in listing
    one = run("ops", "tanh").stdout
    assert "op tanh" in one
    assert "(1 − h[" in one
    assert "∂h[m]/∂x[m] = 1 − tanh(x[m])²" in one, "every step is shown, not the equations alone"


def test_a_report_says_how_many_numbers_are_learned(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(MLP)
    assert run("report", "net.yaml", "-o", "r.html").status == 0
    assert f"parameters</dt><dd>{6 * 5 + 5 + 5 * 4 + 4}</dd>" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_schema_and_summary_report(run: Run, tmp_path: Path) -> None:
    assert "dense" in json.dumps(json.loads(run("schema").stdout))
    (tmp_path / "net.yaml").write_text(MLP)
    assert json.loads(run("summary", "net.yaml", "--json").stdout)["parameters"] == 6 * 5 + 5 + 5 * 4 + 4


def test_summary_estimates_what_a_gradient_takes_at_given_sizes(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(MLP)
    few, many = (
        json.loads(run("summary", "net.yaml", "--json", "--batch", batch).stdout)["estimate"] for batch in ("8", "4096")
    )
    assert (few["sizes"], many["sizes"]) == ({"N": 8}, {"N": 4096})
    # 2 · 6 · 5 forward and as much for the gradient of W1; three products of 2 · 5 · 4 above.
    assert few["products"] == 8 * (2 * 60 + 3 * 40)
    assert many["products"] == 512 * few["products"]
    assert many["seconds"] > 5 * few["seconds"]  # calls at 8 examples, elements at 4096
    assert sum(each["seconds"] for each in few["tensors"].values()) == pytest.approx(few["seconds"])
    assert {"z1", "h", "W1_bar", "(call)"} <= set(few["tensors"])
    shown = run("summary", "net.yaml", "--tensors").stdout
    assert "W1_bar" in shown
    assert "estimated at N = 32 in float64" in shown


def test_a_size_that_is_none_is_refused_with_a_hint(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(MLP)
    for wrong, hint in (("M=3", "known here: N"), ("N", "write T=50"), ("N=0", "write T=50")):
        done = run("summary", "net.yaml", "--size", wrong)
        assert done.status == 2
        assert hint in done.stderr


def test_constants_that_are_none_are_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(MLP)
    for text in ("{}", "[1]", "not JSON"):
        (tmp_path / "machine.json").write_text(text)
        done = run("summary", "net.yaml", "--machine", "machine.json")
        assert done.status == 2
        assert "symbprop doctor --calibrate writes one" in done.stderr


BAD = {
    "a typo": (MLP.replace("tanh", "tahn"), "did you mean 'tanh'?"),
    "an unknown key": (MLP + "los: 3\n", "loss"),
    "a tag": ("!!python/object/apply:os.system ['touch hacked']\n", "error"),
    "an alias bomb": ("a: &a [1, 1]\nb: &b [*a, *a]\nc: [*b, *b]\n", "error"),
    "a duplicate key": (MLP + "loss: hinge\n", "twice"),
    "a yes": (MLP.replace("units: 5", "units: 5, use_bias: yes"), "true or false"),
    "a formula that executes": ("formulas: \"L = __import__('os').system('touch hacked')\"\n", "error"),
    "a formula that reaches out": ('formulas: "L = x.__class__"\n', "error"),
    "an absurd power": ('formulas: "L = 9^9^9^9"\n', "too large"),
    "deep nesting": ('formulas: "L = ' + "(" * 500 + "x" + ")" * 500 + '"\n', "deeper"),
    "a huge tensor": (MLP.replace("[6]", "[99999999999999]"), "error"),
    "not a number": (MLP.replace("units: 5", "units: .nan"), "error"),
    "an empty file": ("", "error"),
    "a list": ("- 1\n- 2\n", "error"),
    "a cycle": (
        "inputs: {x: {shape: [2]}}\ntargets: {y: {shape: [2]}}\nnodes:\n  a: {add: {}, inputs: [x, b]}\n"
        "  b: {add: {}, inputs: [x, a]}\nloss: mean_squared_error\n", "→",
    ),
    "a hostile name": ('name: "a\\u202eb"\n' + MLP, "error"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_exits_2_with_place_and_hint_and_leaves_nothing(name: str, run: Run, tmp_path: Path) -> None:
    text, words = BAD[name]
    (tmp_path / "bad.yaml").write_text(text, encoding="utf-8")
    done = run("compile", "bad.yaml", "-o", "out")
    assert done.status == 2, done.stderr
    assert done.stderr.startswith("bad.yaml:")
    assert ": error: " in done.stderr.splitlines()[0]
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert sorted(each.name for each in tmp_path.iterdir()) == ["bad.yaml"]


def test_bad_formulas_and_files_exit_2(run: Run, tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("no")
    (tmp_path / "wrong.py").write_text("import os\n")
    np.savez(tmp_path / "small.npz", x=np.zeros((4, 3)), label=np.zeros(4, int))
    digits = str(EXAMPLES / "digits.yaml")
    for arguments in (
        ("derive", "L = 3 *"),
        ("derive", "L = x^2", "--wrt", "z"),
        ("compile", "missing.yaml"),
        ("compile", "/dev/null"),
        ("compile", "."),
        ("compile", digits, "--without", "everything"),
        ("ops", "sofmax"),
        ("check", "missing.py"),
        ("check", digits, "--effort", "great"),
        ("train", digits, "--data", "missing.npz"),
        ("train", digits, "--data", "text.npz"),
        ("train", digits, "--data", "small.npz"),
        ("train", digits, "--epochs", "0"),
        ("unknown",),
        ("compile",),
    ):
        done = run(*arguments)
        assert done.status == 2, (arguments, done.stderr)
        assert done.stderr
        assert "Traceback" not in done.stderr


def test_a_module_that_is_wrong_exits_1(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(MLP)
    assert run("compile", "net.yaml", "-o", ".").status == 0
    path = tmp_path / "net.py"
    path.write_text(path.read_text(encoding="utf-8").replace('"b2": b2_bar', '"b2": 2 * b2_bar'), encoding="utf-8")
    done = run("check", "net.py")
    assert done.status == 1
    assert "WRONG" in done.stdout


def test_a_file_names_its_certificate_by_the_digest_of_what_is_printed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(MLP)
    for options in ((), ("--no-verify",)):
        assert run("compile", "net.yaml", "-o", "plain" if options else ".", *options).status == 0
    lines = (tmp_path / "net.py").read_text(encoding="utf-8").splitlines()
    (line,) = (each for each in lines if each.startswith("Verified by"))
    assert [each for each in lines if each != line] == (tmp_path / "plain" / "net.py").read_text().splitlines()
    printed, last = run("check", "net.py").stdout.rsplit("\n", 2)[:2]
    digest = hashlib.sha256(f"{printed}\n".encode()).hexdigest()[:16]
    assert line.endswith(f"sha256 {digest}.")
    assert last == f"The file names this certificate, {digest}."
    assert json.loads(run("check", "net.py", "--json").stdout)["named"] == digest
    other = run("check", "net.py", "--seed", "5").stdout.splitlines()[-1]
    assert other.startswith(f"The file names {digest}, not ")
    assert "The file names" not in run("check", "plain/net.py").stdout


def test_a_pipe_that_closes_is_no_error(tmp_path: Path) -> None:
    command = f"{sys.executable} -m symbprop ops | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=EXAMPLES.parent, timeout=60)
    assert done.stderr == ""
    assert done.stdout.startswith("activations")


def test_efforts_by_flag(run: Run) -> None:
    """Quick looks at fewer points than the default, thorough at more; compile takes the same flags as check."""
    formula = "L = sum(i, w[i:3]^2)"
    text = f'formulas: "{formula}"\n'
    found = [
        json.loads(run("check", "-", "--json", *flag, text=text).stdout) for flag in ((), ("--quick",), ("--thorough",))
    ]
    assert [each["effort"] for each in found] == ["normal", "quick", "thorough"]
    made = json.loads(run("compile", "-", "--json", "--quick", text=text).stdout)
    assert made["certificate"]["effort"] == "quick"


def test_summary_lists_every_product_with_what_it_costs(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(MLP)
    report = json.loads(run("summary", "net.yaml", "--json", "--products", "--batch", "8").stdout)
    assert {each["tensor"] for each in report["products"]} >= {"z1", "z2", "h_bar", "W1_bar", "W2_bar"}
    assert sum(each["operations"] for each in report["products"]) == report["estimate"]["products"]
    shown = run("summary", "net.yaml", "--products").stdout
    (line,) = (line for line in shown.splitlines() if line.startswith("W1_bar"))
    assert line.split()[:3] == ["W1_bar", "x", "z1_bar"]
    assert line.split()[-4:-1] == ["6", "32", "5"]  # of 6 inputs, over 32 examples, for 5 units
