"""Many processes that compile to one folder at once, and readers that import meanwhile: each file is old or new."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from warm import ROOT

FORK = """
import os, sys
import symbprop.cli.compiling, symbprop.cli
from symbprop.library.catalogue import catalogue
catalogue()
children = []
for number in range(int(sys.argv[1])):
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.argv = ["symbprop", "compile", f"net{number % 2}.yaml", "-o", "out", "--quick"]
        try:
            symbprop.cli.main()
        except SystemExit as end:
            os._exit(end.code or 0)
        os._exit(0)
    children.append(child)
print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
"""


@pytest.mark.parametrize("count", [2, 20])
def test_processes_that_write_one_file(count: int, tmp_path: Path) -> None:
    """Two descriptions of one name: whoever is last has written the whole file."""
    texts = ["L = 3*x^2 + y^2", "L = sin(x) * y + x^2"]
    for number, formula in enumerate(texts):
        (tmp_path / f"net{number}.yaml").write_text(f"name: net\nformulas: '{formula}'\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    seen: set[str] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.002):
            path = tmp_path / "out" / "net.py"
            if path.exists():
                seen.add(path.read_text(encoding="utf-8"))

    reader = threading.Thread(target=look)
    reader.start()
    done = subprocess.run(
        [sys.executable, "-c", FORK, str(count)], cwd=tmp_path, capture_output=True, text=True, timeout=120, env=environment
    )  # fmt: skip
    over.set()
    reader.join()
    assert ast.literal_eval(done.stdout) == [0] * count, done.stderr
    assert done.stderr == ""
    assert [each.name for each in (tmp_path / "out").iterdir() if each.name != "__pycache__"] == ["net.py"]
    assert len(seen) in (1, 2)
    for text in seen:
        ast.parse(text)
        assert text.endswith("\n")


REWRITE = """
import importlib, os, subprocess, sys, time
sys.path.insert(0, "out")
from pathlib import Path
from symbprop.deliver import replacing
target = Path("out/net.py")
target.parent.mkdir(exist_ok=True)
time.sleep(1 - time.time() % 1 + 0.02)  # the beginning of a second
for value in range(8):
    with replacing(target) as draft:
        draft.write_text(f"VALUE = {value}\\n")
    code = "import sys; sys.path.insert(0, 'out'); import net; print(net.VALUE)"
    if value % 2:
        sys.modules.pop("net", None)
        importlib.invalidate_caches()
        found = importlib.import_module("net").VALUE
    else:
        found = int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    assert found == value, (value, found)
print("well", len(list(Path("out/__pycache__").iterdir())))
"""


def test_a_module_rewritten_within_a_second_is_never_imported_from_stale_byte_code(tmp_path: Path) -> None:
    """Files of one size, one after another: what is imported is the last, with byte code being written."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", REWRITE], cwd=tmp_path, capture_output=True, text=True, timeout=60, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "well 1\n"


def test_many_threads_compile_in_one_process(tmp_path: Path) -> None:
    script = """
import threading, symbprop
failures = []
def compile(number):
    try:
        net = symbprop.Network(name="net", formulas=f"L = {2 + number % 2}*x^2 + y^2")
        module = symbprop.compile(net, "out" if number % 3 else None)
        loss, grads = module.loss_and_grad({"x": 1.0, "y": 2.0})
        assert grads["x"] in (4.0, 6.0) and grads["y"] == 4.0, grads
    except BaseException as error:
        failures.append(repr(error))
threads = [threading.Thread(target=compile, args=(number,)) for number in range(8)]
[each.start() for each in threads]
[each.join() for each in threads]
print(failures)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=120, env=environment
    )
    assert done.stdout == "[]\n", done.stdout + done.stderr
