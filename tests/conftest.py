"""What all tests share: how a description becomes a module, and how Hypothesis searches."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings
from warm import Warm, started

from symbprop.language.source import Source
from symbprop.pipeline import compile_description, read

# The machine's speed of the moment is no property of the code, and a run must be repeatable.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")

SLOW = (  # run by `pytest -m slow`; the rest of the suite keeps each promise once
    "test_a_larger_network_too",
    *(
        f"test_the_bytes_are_the_same[{each}"
        for each in ("as", "hash seed 1", "hash seed 4", "POSIX", "C.UTF", "another", "opt", "iso", "one")
    ),
    *(f"test_a_pipe_that_closes_early_is_no_error[{each}]" for each in ("schema", "ops softmax")),
    "test_every_mutant_of_a_backward_pass_is_caught[attentive]",
    "test_four_million_parameters",
    "raises_no_alarm_in_two_hundred_seeds",
    "test_three_thousand_statements",
    "test_the_work_from_program_to_text_grows_linearly",
    "test_a_run_is_not_taken_for_one_by_other_rules",
    "test_random_networks_raise_no_alarm_at_any_seed",
    "test_summary_estimates_what_a_gradient_takes",
    "test_random_networks_have_the_same_numbers_without_any_pass",
    "test_every_example_passes_its_own_check",
    "test_emitted_modules_run_on_fifty_digits",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests that take longest."""
    for item in items:
        if any(each in item.nodeid for each in SLOW):
            item.add_marker(pytest.mark.slow)


ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    """Runs commands in processes forked from one that has imported everything, for all tests of a worker."""
    with started() as process:
        yield process


@pytest.fixture
def compiled(tmp_path: Path) -> Callable[..., ModuleType]:
    """The emitted module of a description's text, imported from a file as its user would; not yet verified."""

    def compile_text(text: str, name: str = "net.yaml", *, without: Collection[str] = ()) -> ModuleType:
        source = Source(name, text)
        result = compile_description(read(source), source, without=without)
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}_{Path(name).stem}.py"
        path.write_text(result.source, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return compile_text
