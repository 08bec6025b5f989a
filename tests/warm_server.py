"""A process that has imported everything and forks a process of its own for each command, so that a command costs milliseconds.

Reads one JSON object a line: ``argv``, ``cwd``, ``env``, ``stdin`` (text), ``seconds`` (the limit), ``bytes`` (of memory, or 0).
Writes one: ``status`` (negative: the signal that ended it), ``seconds``, ``stdout``, ``stderr``, ``peak`` (bytes).
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from typing import Any, NoReturn

import symbprop.api
import symbprop.cli.checking
import symbprop.cli.compiling
import symbprop.cli.deriving
import symbprop.cli.operations
import symbprop.cli.reporting
import symbprop.cli.summary
import symbprop.cli.training
from symbprop.library.catalogue import catalogue


def warm_up() -> None:
    """What a process does once, however many descriptions it reads."""
    catalogue()
    symbprop.api.Network(name="bowl", formulas="L = 3*x^2 + 2*x*y + y^2").gradient("x")


def become(job: dict[str, Any], files: list[int]) -> NoReturn:
    """This process is ``symbprop argv`` from here on."""
    for number, descriptor in enumerate(files):
        os.dup2(descriptor, number)
    os.chdir(job["cwd"])
    os.environ.update(job["env"])
    if job["bytes"]:
        resource.setrlimit(resource.RLIMIT_AS, (job["bytes"], job["bytes"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode, encoding="utf-8") for number, mode in enumerate("rww"))
    sys.argv = ["symbprop", *job["argv"]]
    status: Any = 0
    try:
        symbprop.cli.main()
    except SystemExit as end:
        status = end.code
    except BaseException:  # what the interpreter itself would do
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else int(status is not None))


def run(job: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(job["stdin"].encode())
        given.seek(0)
        start = time.perf_counter()
        child = os.fork()
        if child == 0:
            become(job, [given.fileno(), out.fileno(), err.fileno()])
        found, state, usage = 0, 0, None
        while not found:
            found, state, usage = os.wait4(child, os.WNOHANG)
            if not found:
                if time.perf_counter() - start > job["seconds"]:
                    os.kill(child, signal.SIGKILL)
                    found, state, usage = os.wait4(child, 0)
                time.sleep(0.0005)
        seconds = time.perf_counter() - start
        assert usage is not None
        texts = []
        for each in (out, err):
            each.seek(0)
            texts.append(each.read().decode("utf-8", "backslashreplace"))
        status = os.waitstatus_to_exitcode(state)
        cpu = usage.ru_utime + usage.ru_stime
        return {"status": status, "seconds": seconds, "cpu": cpu, "stdout": texts[0], "stderr": texts[1], "peak": usage.ru_maxrss * 1024}  # fmt: skip


if __name__ == "__main__":
    warm_up()
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)
