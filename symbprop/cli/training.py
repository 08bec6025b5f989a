"""``train``."""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from symbprop.cli.compiling import hand_over, shown_derivation
from symbprop.cli.faults import CheckFailed
from symbprop.cli.reading import read_spec
from symbprop.deliver import replacing
from symbprop.language.source import SourceError
from symbprop.network.description import Description, TrainingSpec
from symbprop.pipeline import derive
from symbprop.train.data import read_examples
from symbprop.train.fit import Diverged, Epoch, Settings, fit
from symbprop.verify.module import load_module

METHOD = "sgd"


def run_train(spec: str, data: Path | None, options: Mapping[str, Any], output: Path, *, as_json: bool) -> None:
    """Compile and verify ``spec``, then fit it with the emitted module alone."""
    description, source = read_spec(spec)
    path = _data_path(description, spec, data)
    settings = _settings(description, options)
    if derive(description).gradient is None:
        raise SourceError("there is nothing to train: the description has no loss, or no parameters")
    result, delivery = hand_over(description, source, output)
    module = load_module(delivery.path)
    examples = read_examples(path, module)
    if not as_json:
        print(shown_derivation(result.derived))
        print(delivery.certificate.format() if delivery.certificate else "")
        print(f"\ntraining on {len(examples)} examples of {path}, {settings.validation:.0%} of them held out")
    params = module.init(settings.seed)
    state = module.init_state(settings.seed) if hasattr(module, "STATE") else {}
    start = time.perf_counter()
    try:
        curve = _with_progress(module, params, state, examples, settings)
    except Diverged as error:
        raise CheckFailed(f"symbprop: {error}; try a smaller --learning-rate") from error
    seconds = time.perf_counter() - start
    weights = delivery.path.with_suffix(".npz")
    with replacing(weights) as draft, draft.open("wb") as stream:
        np.savez(stream, **params, **state)
    table = delivery.path.with_name(f"{delivery.path.stem}_curve.csv")
    with replacing(table) as draft:
        _write_curve(draft, curve)
    _report(curve, seconds, [delivery.path, weights, table], as_json=as_json)


def _data_path(description: Description, spec: str, data: Path | None) -> Path:
    if data is not None:
        return data
    if description.training is not None and description.training.data:
        folder = Path() if spec == "-" else Path(spec).parent
        return folder / description.training.data
    raise SourceError("no examples are given", hint="write --data FILE.npz, or training: {data: FILE.npz}")


def _settings(description: Description, options: Mapping[str, Any]) -> Settings:
    """What the command line says, else what the description says, else the defaults."""
    training = description.training or TrainingSpec()
    if training.optimizer.name != METHOD or training.optimizer.arguments:
        raise SourceError(
            f"the optimizer '{training.optimizer.name}' is not known", training.optimizer.span, hint=f"write {METHOD}"
        )
    rate = training.learning_rate
    if rate is not None and not isinstance(rate, Fraction):
        raise SourceError("the learning rate is a number", rate.span)
    values: dict[str, Any] = {
        "learning_rate": float(rate) if rate is not None else Settings().learning_rate,
        "epochs": training.epochs,
        "batch_size": training.batch_size,
        "seed": training.seed,
        "validation": float(training.validation),
        "shuffle": training.shuffle,
    }
    return Settings(**{**values, **options})


def _with_progress(
    module: Any, params: dict[str, np.ndarray], state: dict[str, np.ndarray], examples: Any, settings: Settings
) -> list[Epoch]:
    console = Console(stderr=True)
    columns = (
        TextColumn("epoch"),
        MofNCompleteColumn(),
        BarColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    curve: list[Epoch] = []
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=settings.epochs)
        for epoch in fit(module, params, examples, settings, state):
            curve.append(epoch)
            progress.update(task, advance=1, description=_sentence(epoch))
    return curve


def _sentence(epoch: Epoch) -> str:
    parts = [f"loss {epoch.loss:.4f}"]
    if epoch.accuracy is not None:
        parts.append(f"accuracy {epoch.accuracy:.1%}")
    if epoch.held_out_loss is not None:
        parts.append(f"held out: loss {epoch.held_out_loss:.4f}")
    if epoch.held_out_accuracy is not None:
        parts.append(f"accuracy {epoch.held_out_accuracy:.1%}")
    return ", ".join(parts)


def _write_curve(path: Path, curve: list[Epoch]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("epoch", "loss", "held_out_loss", "accuracy", "held_out_accuracy"))
        for each in curve:
            writer.writerow((each.number, each.loss, each.held_out_loss, each.accuracy, each.held_out_accuracy))


def _report(curve: list[Epoch], seconds: float, written: list[Path], *, as_json: bool) -> None:
    last = curve[-1]
    if as_json:
        plain = {name: getattr(last, name) for name in ("loss", "held_out_loss", "accuracy", "held_out_accuracy")}
        json.dump(
            {**plain, "epochs": last.number, "seconds": seconds, "written": [str(p) for p in written]},
            sys.stdout,
            indent=2,
        )
        print()
        return
    print(f"epoch {last.number}: {_sentence(last)} ({seconds:.1f} s)")
    print("wrote " + ", ".join(str(path) for path in written))
