"""Weights and pictures as files. What writes them may be missing, so it is asked for before a training begins."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from symbprop.language.source import SourceError

WRITERS = {".npz": None, ".safetensors": ("safetensors", "weights")}
PICTURES = (".png", ".svg", ".pdf")


def require_weights(path: Path) -> None:
    """Raises ``SourceError`` if weights cannot be written to a file of this name."""
    if path.suffix not in WRITERS:
        raise SourceError(f"weights are written as .npz or .safetensors, not '{path.suffix}'")
    needed = WRITERS[path.suffix]
    if needed is not None:
        _require(*needed, f"{path.suffix} files need")


def require_picture(path: Path) -> None:
    """Raises ``SourceError`` if a picture cannot be drawn into a file of this name."""
    if path.suffix not in PICTURES:
        raise SourceError(f"pictures are drawn as {', '.join(PICTURES)}, not '{path.suffix}'")
    _require("matplotlib", "plots", "pictures need")


def _require(package: str, extra: str, what: str) -> None:
    if importlib.util.find_spec(package) is None:
        raise SourceError(f"{what} {package}, which is not installed", hint=f"run: pip install 'symbprop[{extra}]'")


def write_weights(path: Path, params: Mapping[str, np.ndarray], kind: str) -> None:
    """The parameters by name, as an .npz file or a safetensors file."""
    if kind == ".safetensors":
        writer = importlib.import_module("safetensors.numpy")
        path.write_bytes(writer.save({name: np.ascontiguousarray(value) for name, value in params.items()}))
    else:
        with path.open("wb") as stream:
            np.savez(stream, **params)  # type: ignore[arg-type]


def draw_curves(path: Path, kind: str, history: Sequence[Mapping[str, Any]], title: str) -> None:
    """Losses, metrics and each layer's gradient norm over the epochs, one above the other."""
    figure = importlib.import_module("matplotlib.figure").Figure
    epochs = [row["epoch"] for row in history]
    metrics = [key for key in history[-1] if key not in NOT_METRICS and not key.startswith("held_out_")]
    norms = [row.get("gradient_norms", {}) for row in history]
    panels: list[tuple[str, list[tuple[str, list[float], str]], bool]] = []
    panels.append(("loss", _lines(history, "loss", "validation_loss"), True))
    panels.extend((name, _lines(history, name, f"held_out_{name}"), False) for name in metrics)
    layers = list(norms[-1])
    if layers:
        lines = [(layer, [row.get(layer, float("nan")) for row in norms], "-") for layer in layers]
        panels.append(("gradient norm", lines, True))
    drawn = figure(figsize=(7, 1 + 2.4 * len(panels)), layout="constrained")
    drawn.suptitle(title)
    axes = drawn.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axis, (name, lines, logarithmic) in zip(axes, panels, strict=True):
        for label, values, style in lines:
            axis.plot(epochs, values, style, label=label)
        positive = all(value > 0 for _, values, _ in lines for value in values if np.isfinite(value))
        if logarithmic and positive:
            axis.set_yscale("log")
        axis.set_ylabel(name)
        axis.grid(alpha=0.3)
        if len(lines) <= 12:
            axis.legend(fontsize="small")
    axes[-1].set_xlabel("epoch")
    drawn.savefig(path, format=kind.removeprefix("."), dpi=130)


NOT_METRICS = ("epoch", "loss", "validation_loss", "learning_rate", "gradient_norms")


def _lines(history: Sequence[Mapping[str, Any]], key: str, held_out: str) -> list[tuple[str, list[float], str]]:
    lines = [("training", [row[key] for row in history], "-")]
    if held_out in history[-1]:
        lines.append(("held out", [row.get(held_out, float("nan")) for row in history], "--"))
    return lines
