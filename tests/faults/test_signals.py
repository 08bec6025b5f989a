"""Ctrl-C and SIGTERM at any stage of any command: a status that says so, one line, nothing half-written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from networks import MLP
from warm import ROOT

STAGES = {
    "reading": "symbprop.cli.compiling.read_spec",
    "building": "symbprop.pipeline.build",
    "deriving": "symbprop.pipeline.differentiate",
    "emitting": "symbprop.pipeline.emit",
    "auditing": "symbprop.deliver.audit",
    "loading": "symbprop.deliver.load_module",
    "verifying": "symbprop.deliver.verify_module",
    "writing": "os.fsync",
    "printing": "symbprop.cli.compiling.shown_derivation",
}
STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143}

# The stage sends the signal to its own process, before it begins or once it is done.
SCRIPT = """
import importlib, os, signal, sys
when, place, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
import symbprop.cli.compiling
home, name = place.rsplit(".", 1)
module = importlib.import_module(home)
stage = getattr(module, name)
def interrupted(*arguments, **options):
    if when == "before":
        os.kill(os.getpid(), number)
    result = stage(*arguments, **options)
    if when == "after":
        os.kill(os.getpid(), number)
    return result
setattr(module, name, interrupted)
sys.argv = ["symbprop", "compile", "net.yaml", "-o", "out", "--quick"]
import symbprop.cli
symbprop.cli.main()
"""


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}


CASES = [(stage, signal.SIGINT) for stage in STAGES]
CASES += [(stage, signal.SIGTERM) for stage in ("building", "verifying", "writing")]


@pytest.mark.parametrize(("stage", "number"), CASES, ids=lambda each: getattr(each, "name", each))
def test_a_signal_in_a_stage_ends_the_command_cleanly(stage: str, number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("name: net\nformulas: 'L = 3*x^2 + y^2'\n")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "net.py").write_text("OLD = 1\n")
    when = "after" if stage in ("loading", "verifying") else "before"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, when, STAGES[stage], str(int(number))], cwd=tmp_path, capture_output=True, text=True,
        timeout=60, env=environment(),
    )  # fmt: skip
    assert done.returncode == STATUS[number], (done.returncode, done.stderr)
    assert done.stderr == ("symbprop: interrupted, nothing was left half-written\n" if number == signal.SIGINT else "")
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["net.py"]
    text = (tmp_path / "out" / "net.py").read_text()
    assert (text == "OLD = 1\n") == (stage != "printing")


@pytest.mark.parametrize("number", STATUS, ids=lambda number: number.name)
def test_a_signal_at_any_moment_ends_the_command_cleanly(number: signal.Signals, tmp_path: Path) -> None:
    """Sent from outside, from the first import on; a command that was done before is done."""
    (tmp_path / "net.yaml").write_text(MLP)
    for delay in (0.2, 0.7, 1.2, 2.0):
        process = subprocess.Popen(
            [sys.executable, "-m", "symbprop", "compile", "net.yaml", "-o", "out"], cwd=tmp_path, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env=environment(),
        )  # fmt: skip
        time.sleep(delay)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
        early = delay < 0.5 and process.returncode in (-number, 1)  # before symbprop's first line ran
        assert early or process.returncode in (0, STATUS[number]), (delay, process.returncode, said)
        assert early or "Traceback" not in said, (delay, said)
        if (tmp_path / "out").exists():
            assert {each.name for each in (tmp_path / "out").iterdir()} <= {"net.py"}


@pytest.mark.parametrize("number", STATUS, ids=lambda number: number.name)
def test_a_signal_after_the_command_changes_nothing(number: signal.Signals) -> None:
    """Python takes handlers away while it shuts down; a signal then would end a command that is done."""
    script = "import atexit, os, sys\nfrom symbprop.cli import main\n"
    script += f"atexit.register(os.kill, os.getpid(), {int(number)})\nsys.argv = ['symbprop', '--version']\nmain()\n"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment())
    assert (done.returncode, done.stderr) == (0, "")


def test_ctrl_c_in_training_keeps_the_last_whole_epoch(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(MLP)
    script = "import numpy as np; r = np.random.default_rng(0); np.savez('d.npz', x=r.normal(size=(400, 6)), label=r.integers(0, 4, 400))"
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)
    command = ["train", "net.yaml", "--data", "d.npz", "--epochs", "100000", "--checkpoint", "run.npz", "-o", "out"]
    process = subprocess.Popen(
        [sys.executable, "-m", "symbprop", *command], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    )  # fmt: skip
    until = time.monotonic() + 60
    while not (tmp_path / "run.npz").exists() and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert "go on with --resume run.npz" in said
    assert {each.name for each in tmp_path.iterdir()} == {"net.yaml", "d.npz", "run.npz", "out"}
    check = "import numpy as np, json; f = np.load('run.npz'); print(json.loads(str(f['about'][()]))['run']['epoch'])"
    done = subprocess.run([sys.executable, "-c", check], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(done.stdout) >= 1
