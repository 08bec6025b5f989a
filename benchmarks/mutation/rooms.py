"""The rooms of symbprop, the files of each that decide something, and its fast tests."""

from __future__ import annotations

from pathlib import Path

TOP = "the top"  # what stands in no room: the pipeline, the Python API, what is written to disk
HONEST = "tests/verify/test_planted_bugs.py::test_honest_modules_raise_no_alarm"
# The quickest first: a mutant that one of them kills costs no more.
TESTS = {
    "calculus": ["tests/calculus", HONEST, "tests/functions/test_functions.py"],
    "language": ["tests/language", "tests/bad_input/test_formulas.py"],
    "library": ["tests/library/test_catalogue.py", "tests/library/test_torch_merging.py", "tests/house/test_adding_a_layer.py"],
    "network": ["tests/network", "tests/bad_input/test_documents.py", "tests/bad_input/test_shapes.py"],
    "simplify": ["tests/simplify", HONEST],
    "accuracy": ["tests/accuracy"],
    "schedule": ["tests/schedule", HONEST, "tests/emit/test_estimate.py", "tests/emit/test_recurrences.py"],
    "emit": [
        HONEST,
        *(f"tests/emit/test_{each}.py" for each in (
            "bounds", "products", "scatter", "same_for_all", "windows", "parts", "steps", "selfcheck", "names", "workspace",
            "storage_is_written_first", "recurrences", "arrays", "modes", "estimate", "tall", "modules",
        )),
    ],
    "explain": ["tests/explain"],
    "verify": [
        *(f"tests/verify/test_{each}.py" for each in (
            "precision", "cost", "alarms", "functions", "modes", "many_tensors", "planted_bugs",
        )),
    ],
    "sensitivity": ["tests/sensitivity"],
    "train": [f"tests/training/test_{each}.py" for each in ("state_and_noise", "fit", "command")],
    "tuning": ["tests/tuning"],
    "cli": ["tests/cli", "tests/bad_input/test_files.py"],
    TOP: ["tests/faithful", "tests/verify/test_modes.py", "tests/emit/test_names.py", "tests/bad_input/test_files.py"],
}  # fmt: skip
# A formula has the tests of its file: the operations of one are compared with one peer.
FORMULAS = {
    "activations gating": ["tests/library/test_torch_activations.py", "tests/library/test_torch_axis.py"],
    "attention": ["tests/library/test_torch_attention.py"],
    "convolution pooling resizing": ["tests/peers"],
    "losses": ["tests/library/test_torch_losses.py", "tests/library/test_torch_merging.py"],
    "metrics": ["tests/library/test_metrics.py"],
    "noise normalization_with_state initializers": ["tests/library/test_state_and_noise.py"],
    "normalization": ["tests/library/test_torch_normalization.py"],
    "recurrent": ["tests/library/test_torch_recurrent_arguments.py", "tests/library/test_recurrent.py"],
    "clipping optimizers schedules warmups": [
        f"tests/training/test_{each}.py" for each in ("clipping", "schedules", "optimizers")
    ],
}
# The kept modules first, which any change of an emitted text breaks, then the rooms; what needs the whole repository is left out.
WHOLE = [
    f"tests/{name}" for name in (
        "generated", "faithful", "functions", "calculus", "language", "network", "simplify", "schedule", "accuracy", "emit",
        "library", "explain", "training", "sensitivity", "tuning", "cli", "verify", "attack/test_random_networks.py",
    )
]  # fmt: skip
WORDING = ("wording.py", "docstring.py", "notes.py", "progress.py")  # sentences to a person


def sources(package: Path, room: str) -> list[Path]:
    """The files of a room; of the library its formulas, which are no Python."""
    folder = package if room == TOP else package / room
    found = [*folder.glob("*.py"), *folder.glob("*.sym")]
    return sorted(each for each in found if each.name not in WORDING)


def tests_of(room: str, name: str) -> list[str]:
    """The fast tests for a file of a room."""
    stem, _, suffix = name.partition(".")
    formulas = (tests for stems, tests in FORMULAS.items() if suffix == "sym" and stem in stems.split())
    return next(formulas, TESTS[room])
