"""Fuzzing the language and the reader of descriptions: whatever the text, a tree or a SourceError, at once and in little memory."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import EQUATIONS, EXAMPLES, LIBRARY, OPERATIONS, damaged, mutated
from warm import GIGABYTE, ROOT

from symbprop.language.parser import parse_equations, parse_expression, parse_operations
from symbprop.language.source import Source, SourceError
from symbprop.library.catalogue import catalogue
from symbprop.network.build import build
from symbprop.network.document import _decode, read_document
from symbprop.pipeline import read

SECONDS = 1.0  # of this process
quiet = settings(max_examples=120, suppress_health_check=list(HealthCheck))


def survives(job: Callable[[], object], text: object) -> None:
    """``job`` ends at once: well, or with a SourceError of one line and an excerpt."""
    start = time.process_time()
    try:
        job()
    except SourceError as error:
        told = str(error)
        assert len(told.splitlines()) <= 3
        assert ": error: " in told.splitlines()[0]
        assert all(character.isprintable() or character == "\n" for character in told)
    taken = time.process_time() - start
    assert taken < SECONDS, (taken, text)


@quiet
@given(mutated(EQUATIONS))
def test_an_equation_that_was_one(text: str) -> None:
    survives(lambda: parse_equations(Source("f", text)), text)
    survives(lambda: parse_expression(Source("f", text)), text)


@quiet
@given(mutated(OPERATIONS + LIBRARY[:3]))
def test_operations_that_were_some(text: str) -> None:
    survives(lambda: parse_operations(Source("f.sym", text)), text)


@quiet
@given(mutated(EXAMPLES), st.sampled_from(["net.yaml", "net.json", "<stdin>"]))
def test_a_description_that_was_one(text: str, name: str) -> None:
    survives(lambda: read(Source(name, text)), text)


@quiet
@given(damaged(EXAMPLES), st.sampled_from(["net.yaml", "net.json", "<stdin>"]))
def test_bytes_that_were_a_description(data: bytes, name: str) -> None:
    survives(lambda: read_document(_decode(name, data)), data)


@quiet
@given(
    mutated(
        [json.dumps({"inputs": {"x": {"shape": [3]}}, "layers": [{"dense": {"units": 2}}, "relu"], "loss": "hinge"})]
    )
)
def test_json_that_was_a_description(text: str) -> None:
    survives(lambda: read(Source("net.json", text)), text)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(mutated(EQUATIONS))
def test_an_equation_that_was_one_becomes_a_network_or_an_error(text: str) -> None:
    """Further than the parser: names, shapes, constants. What is large because it is legal may take its time."""
    catalogue()
    described = "formulas: " + json.dumps(text) + "\n"
    try:
        build(read(Source("net.yaml", described)))
    except SourceError as error:
        assert str(error)


ATHERIS = """
import importlib.util, sys
if importlib.util.find_spec("atheris") is None:
    print("atheris is not installed"); sys.exit(5)
"""


def test_the_seeds_of_the_byte_fuzzer_are_read_in_little_memory(tmp_path: Path) -> None:
    """``atheris_reader.py`` replays its corpus without atheris: the same target, in two gigabytes of address space."""

    def limits() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (2 * GIGABYTE, 2 * GIGABYTE))

    script = Path(__file__).with_name("atheris_reader.py")
    done = subprocess.run(
        [sys.executable, str(script), "--replay"], cwd=tmp_path, capture_output=True, text=True, timeout=120, preexec_fn=limits,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    count, peak = map(int, done.stdout.split())
    assert count >= 30
    assert peak < GIGABYTE


def test_atheris_finds_nothing_in_a_few_seconds(tmp_path: Path) -> None:
    """The guided fuzzer, where it is installed (``pip install atheris``)."""
    if subprocess.run([sys.executable, "-c", ATHERIS], capture_output=True).returncode == 5:
        pytest.skip("atheris is not installed")
    script = Path(__file__).with_name("atheris_reader.py")
    limits = ("-max_total_time=8", "-timeout=2", "-rss_limit_mb=1024", "-max_len=4096", "-print_final_stats=1")
    done = subprocess.run(
        [sys.executable, str(script), *limits, str(tmp_path), str(Path(__file__).with_name("corpus"))], cwd=tmp_path,
        capture_output=True, text=True, timeout=100, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
