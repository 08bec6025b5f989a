"""Disks that are full, folders that are read-only, files that stand where one is to be."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from networks import MLP
from warm import ROOT, Warm

FORMULA = "name: net\nformulas: 'L = 3*x^2 + y^2'\n"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of eight kilobytes; skipped where none may be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("a file system cannot be mounted here; the size limit of a file stands in for it")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_leaves_the_old_module(small_disk: Path, warm: Warm, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(FORMULA)
    (small_disk / "net.py").write_text("OLD = 1\n")
    (small_disk / "filler").write_bytes(b"x" * 4000)
    ended = warm.run(tmp_path, "compile", "net.yaml", "-o", str(small_disk))
    assert ended.status == 2
    assert ended.stderr.startswith("symbprop: No space left on device")
    assert "Traceback" not in ended.stderr
    assert (small_disk / "net.py").read_text() == "OLD = 1\n"
    assert sorted(each.name for each in small_disk.iterdir()) == ["filler", "net.py"]


def test_a_file_that_may_not_grow_leaves_the_old_module(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(FORMULA)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "net.py").write_text("OLD = 1\n")
    script = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
    script += "import symbprop.cli; symbprop.cli.main()"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script, "compile", "net.yaml", "-o", "out"], cwd=tmp_path, capture_output=True, text=True, timeout=60, env=environment
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("symbprop: File too large")
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["net.py"]
    assert (tmp_path / "out" / "net.py").read_text() == "OLD = 1\n"


def test_a_full_standard_output_is_told(tmp_path: Path) -> None:
    command = f"'{sys.executable}' -m symbprop ops > /dev/full"
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=60, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "symbprop: No space left on device\n"


PLACES = {
    "a file": lambda folder: (folder / "out").write_text("x"),
    "below a file": lambda folder: (folder / "out").write_text("x"),
    "a name too long": lambda folder: None,
    "a folder of that name": lambda folder: (folder / "out" / "net.py").mkdir(parents=True),
    "no folder may be made": lambda folder: None,
}
WHERE = {"below a file": "out/deeper", "a name too long": "x" * 300, "no folder may be made": "/proc/nowhere"}


@pytest.mark.parametrize("what", PLACES)
def test_a_place_that_cannot_be_written_to_is_told(what: str, warm: Warm, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(FORMULA)
    PLACES[what](tmp_path)
    ended = warm.run(tmp_path, "compile", "net.yaml", "-o", WHERE.get(what, "out"))
    assert ended.status == 2, ended
    assert ended.stderr.startswith("symbprop: ")
    assert ended.stderr.count("\n") == 1
    assert not list(tmp_path.rglob(".*"))


def test_a_read_only_folder_is_told(tmp_path: Path) -> None:
    """As a user without rights, where the tests run as one with all."""
    folder = tmp_path / "out"
    folder.mkdir()
    (tmp_path / "net.yaml").write_text(FORMULA)
    for each in (tmp_path, *tmp_path.parents):
        if each.stat().st_uid == os.getuid() and str(each).startswith("/tmp/"):
            each.chmod(0o755)
    folder.chmod(0o555)
    script = "import os\nif os.getuid() == 0:\n    import symbprop.cli.compiling\n    os.setgid(65534)\n    os.setuid(65534)\n"
    script += "import symbprop.cli; symbprop.cli.main()"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script, "compile", "net.yaml", "-o", "out"], cwd=tmp_path, capture_output=True, text=True, timeout=60, env=environment
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("symbprop: Permission denied")
    assert list(folder.iterdir()) == []


def test_permissions_follow_the_users_mask(tmp_path: Path) -> None:
    """Each mask in a child of one process, because a mask is the process's."""
    (tmp_path / "net.yaml").write_text(FORMULA)
    script = "import os, sys, symbprop.cli.compiling\nfrom symbprop.library.catalogue import catalogue\ncatalogue()\n"
    script += "for mask in sys.argv[1:]:\n    child = os.fork()\n    if child == 0:\n"
    script += "        os.umask(int(mask, 8)); sys.argv = ['symbprop', 'compile', 'net.yaml', '--quick', '-o', mask]; symbprop.cli.main()\n"
    script += "    assert os.waitpid(child, 0)[1] == 0\n"
    masks = {"022": 0o644, "077": 0o600, "002": 0o664}
    subprocess.run(
        [sys.executable, "-c", script, *masks], cwd=tmp_path, check=True, capture_output=True, timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    for mask, mode in masks.items():
        assert (tmp_path / mask / "net.py").stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("command", ["schema", "report", "train"])
def test_every_file_that_is_written_is_written_whole(
    command: str, small_disk: Path, warm: Warm, tmp_path: Path
) -> None:
    """What a command would write does not fit; what was there before is there after."""
    (tmp_path / "net.yaml").write_text(MLP)
    subprocess.run(
        [sys.executable, "-c", "import numpy as np; np.savez('d.npz', x=np.zeros((9, 6)), label=np.zeros(9, int))"], cwd=tmp_path, check=True
    )  # fmt: skip
    old = small_disk / "old"
    old.write_text("old")
    (small_disk / "filler").write_bytes(b"x" * 4000)
    arguments = {
        "schema": ("-o", str(old)),
        "report": ("net.yaml", "-o", str(old)),
        "train": ("net.yaml", "--data", "d.npz", "--epochs", "1", "-o", str(small_disk)),
    }[command]
    ended = warm.run(tmp_path, command, *arguments, seconds=60)
    assert ended.status == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    assert old.read_text() == "old"
    assert sorted(each.name for each in small_disk.iterdir()) == ["filler", "old"]
