"""The same description gives the same bytes: whatever the hash seed, the locale, the folder, the flags of Python."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from networks import ATTENTIVE, BRANCHED
from warm import ROOT

SURROUNDINGS: dict[str, tuple[list[str], dict[str, str]]] = {
    "as it is": ([], {}),
    "hash seed 0": ([], {"PYTHONHASHSEED": "0"}),
    "hash seed 1": ([], {"PYTHONHASHSEED": "1"}),
    "hash seed 4294967295": ([], {"PYTHONHASHSEED": "4294967295"}),
    "the C locale": ([], {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "utf-8"}),
    "POSIX in ASCII": ([], {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}),
    "C.UTF-8": ([], {"LC_ALL": "C.UTF-8"}),
    "another time zone": ([], {"TZ": "Pacific/Kiritimati"}),
    "optimised": (["-O"], {}),
    "without docstrings": (["-OO"], {}),
    "isolated from the user": (["-s"], {"HOME": "/nonexistent"}),
    "one column": ([], {"COLUMNS": "1", "TERM": "dumb"}),
}  # fmt: skip


def compiled(folder: Path, text: str, flags: list[str], more: dict[str, str]) -> bytes:
    folder.mkdir(parents=True)
    (folder / "net.yaml").write_text(text, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **more}
    done = subprocess.run(
        [sys.executable, *flags, "-m", "symbprop", "compile", "net.yaml", "-o", "out", "--no-verify"], cwd=folder,
        capture_output=True, timeout=120, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    return (folder / "out" / "net.py").read_bytes()


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """With names and formulas beyond ASCII."""
    return compiled(tmp_path_factory.mktemp("plain") / "net", text(), [], {"PYTHONHASHSEED": "7"})


def text() -> str:
    return 'doc: "größe, 大きさ"\n' + BRANCHED.replace("left", "größe")


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_the_bytes_are_the_same(name: str, expected: bytes, tmp_path: Path) -> None:
    flags, more = SURROUNDINGS[name]
    assert compiled(tmp_path / "ä folder" / "deep", text(), flags, more) == expected


def test_a_larger_network_too(tmp_path: Path) -> None:
    found = {compiled(tmp_path / seed, ATTENTIVE, [], {"PYTHONHASHSEED": seed}) for seed in ("0", "3")}
    assert len(found) == 1


@pytest.mark.parametrize("command", ["ops", 'derive "L = 3*x^2 + sum(i:3, w[i]^2)" --steps', "schema", "ops softmax"])
def test_a_pipe_that_closes_early_is_no_error(command: str, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    for reader in ("head -c 1", "true"):
        shell = f"set -o pipefail; '{sys.executable}' -m symbprop {command} | {reader}"
        done = subprocess.run(["bash", "-c", shell], cwd=tmp_path, capture_output=True, timeout=60, env=environment)
        assert done.stderr == b""
        assert done.returncode == 0


def test_standard_streams_that_cannot_say_it_get_what_they_can(tmp_path: Path) -> None:
    """A terminal of ASCII alone: no traceback, in success and in error."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    for formula, status in (("L = x^2", 0), ("L = größe +", 2)):
        done = subprocess.run(
            [sys.executable, "-m", "symbprop", "derive", formula], cwd=tmp_path, capture_output=True, timeout=60, env=environment
        )  # fmt: skip
        assert b"Traceback" not in done.stderr, done.stderr
        assert done.returncode == status
