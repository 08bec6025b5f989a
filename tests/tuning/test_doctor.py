"""``symbprop doctor`` finds what pins NumPy to less than the processor can do, and says what to set."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from symbprop.schedule.machine import REFERENCE, read_machine
from symbprop.tuning import blas as blas_module
from symbprop.tuning import processor as processor_module
from symbprop.tuning.advice import PINS, advice, best_width, pins
from symbprop.tuning.blas import Blas, blas
from symbprop.tuning.processor import Processor, processor
from symbprop.tuning.rates import Rates

ROOT = Path(__file__).resolve().parents[2]
AVX512 = frozenset(("avx", "avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"))
SKYLAKE = Blas("OpenBLAS", "0.3.31", "SkylakeX", 1, None, None)
QUIET = Processor("a processor", AVX512, 4, None, 0.1)
ALIKE = Rates({"float32": 200.0, "float64": 100.0}, 40.0, {"512 × 512 × 512": (200.0, 380.0)})


def doctor(*arguments: str, **planted: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, its environment without pins but those that are planted."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MKL_", *PINS))}
    return subprocess.run(
        [sys.executable, "-m", "symbprop", "doctor", *arguments],
        env={**clean, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf8", **planted},
        capture_output=True, text=True, check=True, timeout=120, encoding="utf-8",
    )  # fmt: skip


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    """The report with one thread and nothing else set."""
    report: dict[str, Any] = json.loads(doctor("--json", OPENBLAS_NUM_THREADS="1").stdout)
    return report


def test_it_reports_what_numpy_reports(plain: dict[str, Any]) -> None:
    assert plain["numpy"]["version"] == np.__version__
    assert plain["blas"]["version"]
    assert plain["processor"]["usable"] >= 1
    assert plain["measured"]["gflops"]["float32"] > plain["measured"]["gflops"]["float64"] / 2 > 0
    assert plain["measured"]["memory_gb_per_second"] > 0
    assert plain["pinned"] == {"OPENBLAS_NUM_THREADS": "1"}
    assert not any("OPENBLAS_CORETYPE" in each["wrong"] for each in plain["advice"])


def test_a_person_reads_which_instructions_numpy_uses() -> None:
    printed = doctor(OPENBLAS_NUM_THREADS="1").stdout
    known = np.show_config(mode="dicts")["SIMD Extensions"]
    (line,) = (each for each in printed.splitlines() if np.__version__ in each)
    assert all(name in line for name in (*known["baseline"], *known.get("found", ())))


def test_pinned_kernels_are_found_and_how_to_unpin_them(plain: dict[str, Any]) -> None:
    if plain["blas"]["vectors"] not in ("AVX2", "AVX-512"):
        pytest.skip("no kernels here that older ones could stand in for")
    report = json.loads(doctor("--json", OPENBLAS_CORETYPE="Nehalem", OPENBLAS_NUM_THREADS="1", MKL_CBWR="AVX2").stdout)
    assert report["blas"]["kernels"] == "Nehalem"
    assert report["pinned"] == {"MKL_CBWR": "AVX2", "OPENBLAS_CORETYPE": "Nehalem", "OPENBLAS_NUM_THREADS": "1"}
    assert [each["remedy"] for each in report["advice"]] == ["unset OPENBLAS_CORETYPE"]


def test_what_it_prints_ends_in_what_to_set() -> None:
    shown = doctor(OPENBLAS_NUM_THREADS="1", NPY_DISABLE_CPU_FEATURES="").stdout
    assert [line.split()[0] for line in shown.splitlines()[:9]] == [
        "processor", "cores", "NumPy", "BLAS", "kernels", "threads", "pinned", "products", "memory",
    ]  # fmt: skip
    assert "nothing to set" in shown or "\n    " in shown


def test_calibrating_prints_a_table_that_can_be_read() -> None:
    """It reads every constant and refuses what is no number above 0; how they compare is for a quiet machine."""
    machine = read_machine(doctor("--calibrate").stdout)
    assert machine.source != REFERENCE.source
    assert f"NumPy {np.__version__}" in machine.source
    assert read_machine(machine.to_json()) == machine


WIDE, NARROW = replace(SKYLAKE, threads=4), replace(SKYLAKE, kernels="Haswell")
SLOWER = replace(ALIKE, threads={"128 × 256 × 128": (100.0, 60.0)})
CASES: dict[str, tuple[Blas, Processor, Rates, dict[str, str], list[str]]] = {
    "the best kernels, one thread": (SKYLAKE, QUIET, ALIKE, {}, []),
    "threads that help": (WIDE, QUIET, ALIKE, {}, []),
    "older kernels, pinned": (NARROW, QUIET, ALIKE, {"OPENBLAS_CORETYPE": "Haswell"}, ["unset OPENBLAS_CORETYPE"]),
    "older kernels, chosen": (NARROW, QUIET, ALIKE, {}, ["OPENBLAS_CORETYPE=SkylakeX"]),
    "kernels as wide as the processor": (NARROW, replace(QUIET, features=frozenset(("avx", "avx2", "fma"))), ALIKE, {}, []),
    "another architecture": (replace(SKYLAKE, kernels="NEOVERSEV1"), replace(QUIET, features=frozenset(("sve",))), ALIKE, {}, []),
    "a BLAS that does not tell": (replace(SKYLAKE, kernels=None, threads=None), QUIET, ALIKE, {}, []),
    "more threads than cores": (replace(SKYLAKE, threads=8), QUIET, ALIKE, {}, ["OPENBLAS_NUM_THREADS=4"]),
    "more threads than a container grants": (WIDE, replace(QUIET, limit=2.5), ALIKE, {}, ["OPENBLAS_NUM_THREADS=2"]),
    "threads slower than one": (WIDE, QUIET, SLOWER, {}, ["OPENBLAS_NUM_THREADS=1"]),
    "threads on a busy machine": (WIDE, replace(QUIET, load=3.0), ALIKE, {}, ["OPENBLAS_NUM_THREADS=1"]),
    "NumPy kept from its loops": (SKYLAKE, QUIET, ALIKE, {"NPY_DISABLE_CPU_FEATURES": "X86_V4"}, ["unset NPY_DISABLE_CPU_FEATURES"]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_advice_is_given_where_there_is_something_to_set(
    case: tuple[Blas, Processor, Rates, dict[str, str], list[str]],
) -> None:
    library, machine, rates, environment, remedies = case
    found = advice(library, machine, rates, environment)
    assert len(found) == len(remedies), found
    for each, wanted in zip(found, remedies, strict=True):
        assert wanted in each.remedy


def test_pins_are_those_that_decide_kernels_or_threads() -> None:
    given = {
        "MKL_DYNAMIC": "FALSE",
        "OMP_NUM_THREADS": "2",
        "OMP_NUM_THREADS_X": "1",
        "HOME": "/",
        "OPENBLAS_CORETYPE": "",
    }
    assert pins(given) == {"MKL_DYNAMIC": "FALSE", "OMP_NUM_THREADS": "2"}


def test_the_width_of_a_processor_needs_all_its_instructions() -> None:
    assert best_width(AVX512) == "AVX-512"
    assert best_width(AVX512 - {"avx512vl"}) == "AVX2"
    assert best_width(frozenset()) == ""


def test_a_control_groups_limit_is_read_in_both_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor_module, "ROOT", tmp_path)
    monkeypatch.setattr(processor_module, "CGROUP", tmp_path / "cgroup")
    assert processor().limit is None
    inner = tmp_path / "jobs" / "one"
    inner.mkdir(parents=True)
    (tmp_path / "cgroup").write_text("0::/jobs/one\n")
    (inner / "cpu.max").write_text("max 100000\n")
    assert processor().limit is None
    (tmp_path / "jobs" / "cpu.max").write_text("150000 100000\n")
    assert processor().limit == 1.5
    assert processor().usable == 1
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("50000\n")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert processor().limit == 0.5


def test_without_a_library_that_tells_the_build_of_numpy_is_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas_module, "_library", lambda: None)
    monkeypatch.setattr(blas_module, "loaded", lambda: None)
    found = blas()
    assert (found.kernels, found.threads, found.configuration, found.path) == (None, None, None, None)
    assert found.name
    assert not blas_module.set_threads(1)


def test_where_no_file_tells_what_is_mapped_the_library_beside_numpy_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package, libraries = tmp_path / "numpy", tmp_path / "numpy.libs"
    for folder in (package, libraries):
        folder.mkdir()
    (libraries / "libgfortran.so").touch()
    (libraries / "libscipy_openblas64_-1.so").touch()
    monkeypatch.setattr(blas_module, "MAPS", tmp_path / "not there")
    monkeypatch.setattr(blas_module.np, "__file__", str(package / "__init__.py"))
    assert blas_module.loaded.__wrapped__() == libraries / "libscipy_openblas64_-1.so"
