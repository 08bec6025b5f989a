"""The rows of a learning curve for people: a progress bar on standard error, a sentence, a table."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

HELD_OUT = "held_out_"
SHARES = "accuracy"  # how the names of measures end that are shares


class Bar:
    """A progress bar over epochs, on standard error, and only if a person looks at it."""

    def __init__(self, epochs: int) -> None:
        console = Console(stderr=True)
        columns = (
            TextColumn("epoch"),
            MofNCompleteColumn(),
            BarColumn(),
            TextColumn("{task.description}"),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._progress.add_task("", total=epochs)
        self.done = 0

    def begin(self, done: int) -> None:
        """Start at an epoch that is done already."""
        self.done = done
        self._progress.update(self._task, completed=done)

    def after(self, row: Mapping[str, Any]) -> None:
        """Another epoch is done."""
        self.done = row["epoch"]
        self._progress.update(self._task, completed=self.done, description=sentence(row))

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


def table(row: Mapping[str, Any]) -> dict[str, float | None]:
    """The numbers of an epoch by name, those on the examples held out after their own kind."""
    losses = {"loss": row["loss"], "held_out_loss": row.get("validation_loss")}
    return {**losses, **{key: row[key] for key in _metrics(row)}}


def _metrics(row: Mapping[str, Any]) -> list[str]:
    plain = ("epoch", "loss", "validation_loss", "learning_rate", "gradient_norms")
    return [key for key in row if key not in plain]


def sentence(row: Mapping[str, Any]) -> str:
    """``loss 0.0106, accuracy 100.0%, held out: loss 0.0913, accuracy 97.2%``."""
    ours = [f"loss {row['loss']:.4f}"]
    theirs = [f"loss {row['validation_loss']:.4f}"] if "validation_loss" in row else []
    for key in _metrics(row):
        name = key.removeprefix(HELD_OUT)
        shown = f"{row[key]:.1%}" if name.endswith(SHARES) else f"{row[key]:.4f}"
        (theirs if key.startswith(HELD_OUT) else ours).append(f"{name.replace('_', ' ')} {shown}")
    return ", ".join(ours) + (f", held out: {', '.join(theirs)}" if theirs else "")


def write_curve(path: Path, history: Sequence[Mapping[str, Any]]) -> None:
    """The history as a .csv file, a row for each epoch."""
    columns = list(table(history[-1]))
    layers = list(history[-1].get("gradient_norms", {}))
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("epoch", *columns, "learning_rate", *(f"gradient_norm {layer}" for layer in layers)))
        for row in history:
            norms = row.get("gradient_norms", {})
            cells = [table(row).get(column) for column in columns]
            writer.writerow((row["epoch"], *cells, row["learning_rate"], *(norms.get(layer) for layer in layers)))
