"""What a description may not come from, in processes as a shell starts them; and a fault that is symbprop's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from networks import MLP
from warm import ROOT, Warm


def run(folder: Path, *arguments: str, text: str | None = None, script: str = "") -> subprocess.CompletedProcess[str]:
    """``symbprop arguments`` started anew; ``script`` runs before it in the same process."""
    command = ["-m", "symbprop"] if not script else ["-c", script + "\nimport symbprop.cli\nsymbprop.cli.main()"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, *command, *arguments], cwd=folder, input=text, capture_output=True, timeout=30, env=environment, encoding="utf-8"
    )  # fmt: skip


def test_pipes_devices_and_folders_are_not_read(tmp_path: Path, warm: Warm) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "dangling.yaml").symlink_to("nowhere")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    for name in (
        "pipe.yaml",
        "folder.yaml",
        "dangling.yaml",
        "loop.yaml",
        "/dev/zero",
        "/dev/null",
        "missing.yaml",
        "a\0b",
    ):
        if "\0" in name:
            continue
        ended = warm.run(tmp_path, "compile", name, seconds=5)
        assert ended.status == 2, (name, ended)
        assert ended.stderr.startswith(f"{name}:1:1: error: ")
        assert "Traceback" not in ended.stderr
        assert ended.cpu < 1
    assert not (tmp_path / "generated").exists()


def test_a_pipe_that_nobody_writes_to_blocks_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    done = run(tmp_path, "compile", "pipe.yaml")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "pipe.yaml:1:1: error: cannot read this file: it is not a regular file"


def test_a_typing_mistake_in_a_process_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(MLP.replace("tanh", "tahn"))
    done = run(tmp_path, "compile", "net.yaml")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "net.yaml:5:35: error: there is no activation 'tahn'",
        "  5 |   - dense: {units: 5, activation: tahn}",
        "    |                                   ^^^^ did you mean 'tanh'?",
    ]
    assert [each.name for each in tmp_path.iterdir()] == ["net.yaml"]


def test_standard_input_is_capped(tmp_path: Path) -> None:
    done = run(tmp_path, "compile", "-", text=MLP + "#" * 5_000_000)
    assert done.returncode == 2
    assert done.stderr.startswith("<stdin>:1:1: error: this file is larger than 4 MB")


def test_standard_input_that_is_closed_is_told(tmp_path: Path) -> None:
    command = f"'{sys.executable}' -m symbprop compile - <&-"
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=30, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr


def test_a_fault_of_symbprop_exits_70_and_says_how_to_report_it(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(MLP)
    script = "import symbprop.pipeline\ndef emit(*_, **__): raise ZeroDivisionError('a planted\\x1b[31m fault')\nsymbprop.pipeline.emit = emit"
    done = run(tmp_path, "compile", "net.yaml", script=script)
    assert done.returncode == 70
    first, second = done.stderr.splitlines()
    assert first == "symbprop: internal fault: ZeroDivisionError: a planted\\u001b[31m fault"
    assert "Please report it" in second
    assert "SYMBPROP_DEBUG=1" in second
    assert [each.name for each in tmp_path.iterdir()] == ["net.yaml"]
    done = run(tmp_path, "compile", "net.yaml", script=f"import os; os.environ['SYMBPROP_DEBUG'] = '1'\n{script}")
    assert "Traceback" in done.stderr


@pytest.mark.parametrize("data", ["nothing", "text", "pickle", "names", "rows", "shape", "labels", "nan"])
def test_examples_that_do_not_fit_are_told(data: str, warm: Warm, tmp_path: Path) -> None:
    script = {
        "nothing": "pass",
        "text": "open('d.npz', 'w').write('no')",
        "pickle": "np.savez('d.npz', x=np.array([{1: 2}], dtype=object), label=np.zeros(1, int))",
        "names": "np.savez('d.npz', y=np.zeros((4, 6)), label=np.zeros(4, int))",
        "rows": "np.savez('d.npz', x=np.zeros((4, 6)), label=np.zeros(5, int))",
        "shape": "np.savez('d.npz', x=np.zeros((4, 7)), label=np.zeros(4, int))",
        "labels": "np.savez('d.npz', x=np.zeros((4, 6)), label=np.array([0, 1, 2, 4]))",
        "nan": "np.savez('d.npz', x=np.full((4, 6), np.nan), label=np.zeros(4, int))",
    }[data]
    subprocess.run([sys.executable, "-c", f"import numpy as np; {script}"], cwd=tmp_path, check=True)
    (tmp_path / "net.yaml").write_text(MLP)
    ended = warm.run(tmp_path, "train", "net.yaml", "--data", "d.npz", "--epochs", "1")
    assert ended.status in ((1, 2) if data == "nan" else (2,)), ended
    assert "Traceback" not in ended.stderr
    assert ended.stderr.count("\n") <= 3
    assert not list(tmp_path.rglob("*.npz"))[1:]
