"""The rooms of symbprop, the files of each that decide something, and its fast tests."""

from __future__ import annotations

from pathlib import Path

TOP = "the top"  # what stands in no room: the pipeline, the Python API, what is written to disk
HONEST = "tests/verify/test_planted_bugs.py::test_honest_modules_raise_no_alarm"
# The quickest first: a mutant that one of them kills costs no more.
TESTS = {
    "calculus": ["tests/calculus", HONEST, "tests/functions/test_functions.py"],
    "language": ["tests/language", "tests/bad_input/test_formulas.py"],
    "library": [
        *(f"tests/library/test_{each}.py" for each in (
            "catalogue", "torch_merging", "metrics", "torch_normalization", "torch_axis", "torch_activations",
            "torch_attention", "torch_recurrent_arguments", "torch_losses", "state_and_noise",
        )),
        *(f"tests/training/test_{each}.py" for each in ("clipping", "schedules", "optimizers")),
        "tests/peers",
    ],
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
# Then the kept modules, which any change of an emitted text breaks, and everything.
WHOLE = ["tests/generated", "tests", "symbprop"]
WORDING = ("wording.py", "docstring.py", "notes.py", "progress.py")  # sentences to a person


def sources(package: Path, room: str) -> list[Path]:
    """The files of a room; of the library its formulas, which are no Python."""
    folder = package if room == TOP else package / room
    found = [*folder.glob("*.py"), *folder.glob("*.sym")]
    return sorted(each for each in found if each.name not in WORDING)
