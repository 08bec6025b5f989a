"""A run between two epochs as an .npz file: parameters, optimiser state, best so far, history, and what it was begun with."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from symbprop.language.source import SourceError
from symbprop.network.description import Choice, TrainingSpec

TABLES = ("params", "optimizer_state", "best_params")
STATES = ("state", "best_state")  # of a network that has one
FORMAT = 1


def rules(training: TrainingSpec) -> dict[str, str]:
    """What a step is taken by, in words that two descriptions share if they mean the same."""
    chosen = {
        "optimizer": training.optimizer,
        "schedule": training.learning_rate,
        "warmup": training.warmup,
        "clip": training.clip,
    }
    return {key: _shown(value) for key, value in chosen.items()}


def _shown(value: Choice | Fraction | None) -> str:
    if not isinstance(value, Choice):
        return str(value)
    arguments = ", ".join(f"{key}: {each.value.plain()}" for key, each in sorted(value.arguments.items()))
    return f"{value.name} {{{arguments}}}"


def pack(run: Mapping[str, Any], settings: Mapping[str, Any], module: ModuleType) -> dict[str, np.ndarray]:
    """The arrays of a checkpoint of ``run``, as the module's ``fit`` hands it to its callback."""
    tables = _tables(module)
    rest = {key: value for key, value in run.items() if key not in tables}
    about = {"format": FORMAT, "name": module.NAME, "settings": dict(settings), "run": rest}
    arrays = {f"{table}/{name}": np.asarray(value) for table in tables for name, value in run[table].items()}
    return {"about": np.asarray(json.dumps(about)), **arrays}


def unpack(path: Path, settings: Mapping[str, Any], module: ModuleType) -> dict[str, Any]:
    """The run in a checkpoint, for the module's ``fit`` to go on from.

    Raises ``SourceError`` for a file that is no checkpoint, one of another network, and one begun with other settings.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        about = json.loads(str(arrays.pop("about")[()]))
        known = about["format"] == FORMAT
        run, begun = dict(about["run"]), dict(about["settings"])
    except (OSError, ValueError, zipfile.BadZipFile, EOFError, KeyError, TypeError) as error:
        raise SourceError(f"{path} is no checkpoint: {error}", hint="train with --checkpoint to get one") from error
    if not known:
        raise SourceError(f"{path} is a checkpoint of another version")
    for key, value in settings.items():
        if begun.get(key) != value:
            hint = "a run goes on as it was begun; leave --resume out to begin anew"
            raise SourceError(f"{path} was begun with {key} {begun.get(key)}, not {value}", hint=hint)
    for table in _tables(module):
        prefix = f"{table}/"
        run[table] = {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}
    _check(path, run, module)
    return run


def _tables(module: ModuleType) -> tuple[str, ...]:
    return (*TABLES, *STATES) if hasattr(module, "STATE") else TABLES


def _check(path: Path, run: Mapping[str, Any], module: ModuleType) -> None:
    shapes = {name: value.shape for name, value in run["params"].items()}
    if shapes != {name: tuple(shape) for name, shape in module.PARAMETERS.items()}:
        raise SourceError(f"{path} holds a run of another network: its parameters are {shapes}")
    if hasattr(module, "STATE"):
        states = {name: value.shape for name, value in run["state"].items()}
        if states != {name: tuple(shape) for name, shape in module.STATE.items()}:
            raise SourceError(f"{path} holds a run of another network: its state is {states}")
    fresh = module.init_optimizer(run["params"])
    state = run["optimizer_state"]
    if {name: each.shape for name, each in state.items()} != {name: each.shape for name, each in fresh.items()}:
        raise SourceError(f"{path} holds a run of another optimizer: its state is {', '.join(state)}")
