"""``symbprop train``: checkpoints that go on with the same bits, weights, pictures, reports, and what it refuses."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from warm import Ended, Warm

from symbprop.language.source import Source
from symbprop.pipeline import read
from symbprop.train.checkpoint import rules
from symbprop.train.files import draw_curves

ROOT = Path(__file__).resolve().parents[2]
NET = f"""
name: net
inputs: {{x: {{shape: [64]}}}}
targets: {{label: {{shape: [], dtype: int, classes: 10}}}}
layers:
  - dense: {{units: 8}}
  - batch_normalization: {{activation: relu}}
  - dropout: {{rate: 0.1}}
  - dense: {{units: 10, activation: softmax}}
loss: sparse_categorical_crossentropy
metrics: [accuracy, {{sparse_top_k_categorical_accuracy: {{k: 3}}}}]
training:
  data: {json.dumps(str(ROOT / "examples" / "data" / "digits.npz"))}
  optimizer: adam
  learning_rate: {{cosine_decay: {{learning_rate: 0.01, decay_steps: 400}}}}
  epochs: 4
  validation: 0.2
"""
# Of two commands that are to give the same bits one runs warm, with the kernels of BLAS that this process was told to take.
KERNELS = {name: value for name, value in os.environ.items() if name.startswith("OPENBLAS_")}
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", **KERNELS}
PNG = b"\x89PNG\r\n\x1a\n"


Run = Callable[..., Ended]


@pytest.fixture
def run(warm: Warm) -> Run:
    """Runs ``symbprop train net.yaml`` in a folder."""

    def command(folder: Path, *arguments: str, code: int = 0, text: str = NET) -> Ended:
        (folder / "net.yaml").write_text(text)
        done = warm.run(folder, "train", "net.yaml", *arguments, seconds=300)
        assert done.status == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return command


def test_a_run_goes_on_from_its_checkpoint_with_the_same_bits(run: Run, tmp_path: Path) -> None:
    run(tmp_path, "-o", "whole")
    run(tmp_path, "-o", "half", "--epochs", "2", "--checkpoint", "half.npz")
    run(tmp_path, "-o", "rest", "--resume", "half.npz")
    with np.load(tmp_path / "whole" / "net.npz") as whole, np.load(tmp_path / "rest" / "net.npz") as rest:
        assert set(whole) == set(rest) >= {"W1", "moving_mean"}
        assert all(whole[name].tobytes() == rest[name].tobytes() for name in whole)
    curves = [(tmp_path / folder / "net_curve.csv").read_text() for folder in ("whole", "rest")]
    assert curves[0] == curves[1]
    assert len(curves[0].splitlines()) == 5
    assert "was begun with seed 0, not 3" in run(tmp_path, "--resume", "half.npz", "--seed", "3", code=2).stderr
    assert "epoch 4 of 2" in run(tmp_path, "--resume", "half.npz", "--epochs", "2", code=2).stderr
    assert "is no checkpoint" in run(tmp_path, "--resume", "whole/net.npz", code=2).stderr


def test_a_run_is_not_taken_for_one_by_other_rules(run: Run, tmp_path: Path) -> None:
    run(tmp_path, "--epochs", "1", "--checkpoint", "c.npz", "--learning-rate", "0.1")
    assert "begun with rate 0.1, not None" in run(tmp_path, "--resume", "c.npz", code=2).stderr

    def ruled(text: str) -> dict[str, str]:
        spec = read(Source("net.yaml", text)).training
        assert spec is not None
        return rules(spec)

    first = ruled(NET)
    assert ruled(NET.replace("epochs: 4", "epochs: 7")) == first
    for key, old, new in (
        ("optimizer", "optimizer: adam", "optimizer: {adam: {beta_1: 0.8}}"),
        ("schedule", "decay_steps: 400", "decay_steps: 300"),
        ("clip", "epochs: 4", "epochs: 4\n  clip: clip_by_value"),
        ("warmup", "epochs: 4", "epochs: 4\n  warmup: {linear_warmup: {warmup_steps: 3}}"),
    ):
        other = ruled(NET.replace(old, new))
        assert {each for each in first if first[each] != other[each]} == {key}


def test_an_interrupt_leaves_the_last_checkpoint_and_nothing_half_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(NET)
    command = [sys.executable, "-m", "symbprop", "train", "net.yaml", "--epochs", "100000", "--checkpoint", "c.npz"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    )
    end = time.monotonic() + 200
    while not (tmp_path / "c.npz").exists() and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(1)  # into some later epoch
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "go on with --resume c.npz" in told
    assert "Traceback" not in told
    assert {each.name for each in tmp_path.iterdir()} == {"net.yaml", "generated", "c.npz"}
    assert [each.name for each in (tmp_path / "generated").iterdir()] == ["net.py"]
    with np.load(tmp_path / "c.npz") as kept:
        done = json.loads(str(kept["about"]))["run"]["epoch"]
    assert done >= 1
    run(tmp_path, "--resume", "c.npz", "--epochs", str(done + 1))
    run(tmp_path, "-o", "whole", "--epochs", str(done + 1))
    with np.load(tmp_path / "generated" / "net.npz") as rest, np.load(tmp_path / "whole" / "net.npz") as whole:
        assert all(whole[name].tobytes() == rest[name].tobytes() for name in whole)


def test_a_report_weights_in_both_formats_and_a_picture(run: Run, tmp_path: Path) -> None:
    for package in ("matplotlib", "safetensors"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    files = ("--weights", "w.npz", "--weights", "w.safetensors", "--plot", "curves.png")
    done = run(tmp_path, "-o", "out", "--epochs", "2", "--json", *files)
    report = json.loads(done.stdout)
    assert report["epochs"] == 2
    shares = [report[f"{part}{name}"] for part in ("", "held_out_") for name in METRICS]
    assert all(0 < share <= 1 for share in shares)
    assert report["held_out_sparse_top_k_categorical_accuracy"] >= report["held_out_accuracy"]
    assert {Path(each).name for each in report["written"]} == {
        "net.py", "net_curve.csv", "w.npz", "w.safetensors", "curves.png",
    }  # fmt: skip
    stored = importlib.import_module("safetensors.numpy").load_file(tmp_path / "w.safetensors")
    with np.load(tmp_path / "w.npz") as arrays:
        assert set(arrays) == set(stored)
        assert all(np.array_equal(arrays[name], stored[name]) for name in arrays)
    assert (tmp_path / "curves.png").read_bytes().startswith(PNG)
    header, *rows = (tmp_path / "out" / "net_curve.csv").read_text().splitlines()
    assert header.count("gradient_norm") == 3
    assert len(rows) == 2


METRICS = ("accuracy", "sparse_top_k_categorical_accuracy")


def test_a_picture_has_a_panel_for_losses_metrics_and_gradient_norms(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    history = [
        {"epoch": n, "loss": 1 / n, "validation_loss": 2 / n, "learning_rate": 0.1, "accuracy": 1 - 1 / n,
         "held_out_accuracy": 0.5, "gradient_norms": {"layer 1": 1 / n, "layer 2": 3 / n}}
        for n in range(1, 6)
    ]  # fmt: skip
    draw_curves(tmp_path / "c.svg", ".svg", history, "net")
    drawn = (tmp_path / "c.svg").read_text()
    assert drawn.count('id="axes_') == 3
    for text in ("loss", "accuracy", "gradient norm", "epoch", "training", "held out", "layer 1", "layer 2"):
        assert f"<!-- {text} -->" in drawn


def test_the_curves_are_the_numbers_of_the_run_and_only_what_falls_by_powers_is_logarithmic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Any] = []
    figures = pytest.importorskip("matplotlib.figure", reason="the pictures are drawn with it")
    monkeypatch.setattr(figures.Figure, "savefig", lambda self, *_, **__: kept.append(self))
    history = [
        {"epoch": n, "loss": 1 / n, "validation_loss": 2 / n, "accuracy": 1 - 0.5 / n, "gradient_norms": {"layer 1": 3 / n}}
        for n in range(1, 6)
    ]  # fmt: skip
    draw_curves(tmp_path / "c.png", ".png", history, "net")
    loss, accuracy, norm = kept[0].axes
    assert [axis.get_yscale() for axis in kept[0].axes] == ["log", "linear", "log"]
    for axis, *keys in ((loss, "loss", "validation_loss"), (accuracy, "accuracy")):
        assert [line.get_ydata().tolist() for line in axis.lines] == [[row[key] for row in history] for key in keys]
    assert norm.lines[0].get_ydata().tolist() == [3, 3 / 2, 1, 3 / 4, 3 / 5]
    assert loss.lines[0].get_xdata().tolist() == [1, 2, 3, 4, 5]
    draw_curves(tmp_path / "c.png", ".png", [{**row, "loss": -1.0} for row in history], "net")
    assert kept[1].axes[0].get_yscale() == "linear"  # a loss below 0 has no logarithm


def test_what_cannot_be_written_is_said_before_training(run: Run, tmp_path: Path) -> None:
    assert "not '.h5'" in run(tmp_path, "--weights", "w.h5", code=2).stderr
    assert "pictures are drawn as" in run(tmp_path, "--plot", "curves.txt", code=2).stderr
    assert "there is no folder" in run(tmp_path, "--checkpoint", "nowhere/c.npz", code=2).stderr
