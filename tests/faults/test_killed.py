"""A compile that dies, at every call that touches the disk: what was there stays, or what is new is there, whole."""

from __future__ import annotations

import ast
import os
import subprocess
import sys

import pytest
from warm import ROOT

HOWS = ("before", "after", "torn", "full")

# Runs one compile in a child of its own for each K, in each way: there the K-th call that touches the disk is the last
# thing that happens. Everything is imported once.
SCRIPT = '''
import builtins, io, os, pathlib, signal, sys
import symbprop.cli.compiling
from symbprop.cli.faults import guarded
from pathlib import Path

TEXT, HOWS = Path(sys.argv[1]), sys.argv[2:]
HOW, count, fatal = "", 0, 0

def counted(call, torn=False):
    def inner(*arguments, **options):
        global count
        count += 1
        if count == fatal and HOW in ("before", "full"):
            if HOW == "full":
                raise OSError(28, "No space left on device")
            os.kill(os.getpid(), signal.SIGKILL)
        if torn and HOW == "torn" and count == fatal:
            call(arguments[0], arguments[1][: len(arguments[1]) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        result = call(*arguments, **options)
        if count == fatal and HOW == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return inner

def write_text(self, text, encoding=None, errors=None, newline=None):
    """In two halves, each a call that may be the last."""
    data = text.encode()
    with builtins.open(self, "wb", buffering=0) as stream:
        write(stream.fileno(), data[: len(data) // 2])
        write(stream.fileno(), data[len(data) // 2 :])
    return len(text)

for name in ("open", "fsync", "utime", "replace", "unlink", "mkdir"):
    setattr(os, name, counted(getattr(os, name)))
write = counted(os.write, torn=True)
pathlib.Path.write_text = write_text

def attempt(number):
    global fatal, count
    fatal, count = number, 0
    symbprop.cli.compiling.read_spec = spec
    guarded(symbprop.cli.compiling.run_compile, str(TEXT), Path("out"), verify=True, without=[], functions="", as_json=True, effort="quick")

from symbprop.cli.reading import read_spec
read = read_spec(str(TEXT))
spec = lambda _: read
def once(number):
    """How the child ended, and what lies in the folder then."""
    child = os.fork()
    if child == 0:
        sys.stdout = sys.stderr = io.StringIO()
        sys.stdout.fileno = lambda: 1
        try:
            attempt(number)
            code = 0 if count >= fatal else 99
        except SystemExit as end:
            code = end.code
        os._exit(code)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    print(HOW, number, code, sorted(os.listdir("out")), repr(Path("out/net.py").read_text() if Path("out/net.py").exists() else None), flush=True)
    for each in Path("out").iterdir():
        if each.name != "net.py" if HOW == "full" else each.name.startswith("."):
            each.unlink()
    Path("out/net.py").write_bytes(b"OLD = 1\\n")
    return code

for HOW in HOWS:
    number = 1
    while once(number) != 99:
        number += 1
'''  # fmt: skip


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """For each way, and each call that may be the last: way, number, exit status, and what lay there."""
    folder = tmp_path_factory.mktemp("killed")
    (folder / "net.yaml").write_text("name: net\nformulas: 'L = 3*x^2 + y^2'\n")
    (folder / "out").mkdir()
    (folder / "out" / "net.py").write_text("OLD = 1\n")
    (folder / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "script.py", "net.yaml", *HOWS], cwd=folder, capture_output=True, text=True, timeout=400,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [line.split(" ", 3) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("how", HOWS)
def test_old_or_new_and_never_half(how: str, rows: list[list[str]]) -> None:
    mine = [row for row in rows if row[0] == how]
    assert len(mine) >= 6, rows[:3]
    news = set()
    for _, _, status, rest in mine[:-1]:
        listed, text = rest.split("] ", 1)
        names = ast.literal_eval(listed + "]")
        content = ast.literal_eval(text)
        assert "net.py" in names
        if how == "full":
            assert status in ("0", "2"), "a full disk is told, or it was met where it does no harm"
            assert all(name == "net.py" for name in names) or status == "2"
            assert [name for name in names if name.endswith(".py")] == ["net.py"] or status == "2"
        else:
            assert int(status) in (-9, 0)
        if content != "OLD = 1\n":
            ast.parse(content)
            news.add(content)
    assert len(news) <= 1, "every new file is the same"
    assert mine[-1][2] == "99"
    final = ast.literal_eval(mine[-1][3].split("] ", 1)[1])
    assert "def loss_and_grad(" in final
    assert news <= {final}
