"""``train``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from symbprop.cli.compiling import hand_over, shown_derivation
from symbprop.cli.faults import CheckFailed
from symbprop.cli.progress import Bar, sentence, table, write_curve
from symbprop.cli.reading import read_spec
from symbprop.deliver import replacing
from symbprop.language.source import SourceError
from symbprop.network.description import Description, TrainingSpec
from symbprop.pipeline import Derived, derive
from symbprop.train.checkpoint import pack, rules, unpack
from symbprop.train.data import Examples, read_examples
from symbprop.train.files import draw_curves, require_picture, require_weights, write_weights
from symbprop.train.measures import gradient_norms, measured
from symbprop.verify.module import load_module

NORM_EXAMPLES = 2048  # as many as the gradient norms of a picture are taken over


@dataclass(frozen=True, slots=True)
class Files:
    """What a training reads and writes beside the module, as far as it was asked for."""

    data: Path | None = None
    checkpoint: Path | None = None
    resume: Path | None = None
    plot: Path | None = None
    weights: tuple[Path, ...] = ()


def run_train(spec: str, files: Files, options: Mapping[str, Any], output: Path, *, as_json: bool) -> None:
    """Compile and verify ``spec``, then fit it with the emitted module alone."""
    description, source = read_spec(spec)
    path = _data_path(description, spec, files.data)
    _require_writers(files)
    training = description.training or TrainingSpec()
    description = replace(description, training=training)
    if derive(description).gradient is None:
        raise SourceError("there is nothing to train: the description has no loss, or no parameters")
    result, delivery = hand_over(description, source, output)
    module = load_module(delivery.path)
    trainer = _Trainer(module, training, options, files, read_examples(path, module), result.derived)
    if not as_json:
        print(shown_derivation(result.derived))
        print(delivery.format())
        print(f"\ntraining on {trainer.about} of {path}")
    start = time.perf_counter()
    weights, history = trainer.run()
    seconds = time.perf_counter() - start
    written = [delivery.path]
    for target in files.weights or (delivery.path.with_suffix(".npz"),):
        with replacing(target) as draft:
            write_weights(draft, weights, target.suffix)
        written.append(target)
    curve = delivery.path.with_name(f"{delivery.path.stem}_curve.csv")
    with replacing(curve) as draft:
        write_curve(draft, history)
    written.append(curve)
    if files.plot is not None:
        with replacing(files.plot) as draft:
            draw_curves(draft, files.plot.suffix, history, module.NAME)
        written.append(files.plot)
    _report(history, trainer.best, seconds, written, as_json=as_json)


class _Trainer:
    """The module's ``fit`` with what the command line adds: measures, a progress bar, checkpoints."""

    def __init__(
        self,
        module: ModuleType,
        training: TrainingSpec,
        options: Mapping[str, Any],
        files: Files,
        examples: Examples,
        derived: Derived,
    ) -> None:
        settings = {
            "batch_size": training.batch_size,
            "seed": training.seed,
            "shuffle": training.shuffle,
            "validation": float(training.validation),
            "rate": None,
            **options,
        }
        self.epochs = settings.pop("epochs", training.epochs)
        self.seed = settings["seed"]
        self.module = module
        self.files = files
        self.training, self.held_out = examples.split(settings["validation"])
        if len(self.training) == 0:
            raise SourceError("no examples are left to train on", hint="lower --validation")
        self.settings = {**settings, **rules(training), "examples": len(examples)}
        self.about = f"{len(examples)} examples, {settings['validation']:.0%} of them held out,"
        self.layers = _layers(derived) if files.plot is not None else {}
        self.best: Mapping[str, Any] = {}
        self._restored = training.early_stopping is not None and training.early_stopping.restore_best
        self._bar = Bar(self.epochs)

    def run(self) -> tuple[dict[str, np.ndarray], list[dict[str, Any]]]:
        """What was learnt, parameters and state, and the history. Raises ``CheckFailed`` when the loss is no longer finite."""
        resume = None
        if self.files.resume is not None:
            resume = unpack(self.files.resume, self.settings, self.module)
            if resume["epoch"] >= self.epochs:
                raise SourceError(
                    f"{self.files.resume} stands at epoch {resume['epoch']} of {self.epochs}", hint="raise --epochs"
                )
            self._bar.begin(resume["epoch"])
        options = {key: self.settings[key] for key in ("batch_size", "seed", "shuffle", "rate")}
        try:
            with self._bar:
                params, history, *states = self.module.fit(
                    self.module.init(self.seed), *self.training.arrays, epochs=self.epochs, callback=self._after,
                    validation=0.0 if self.held_out is None else self.held_out.arrays, resume=resume, **options,
                )  # fmt: skip
        except FloatingPointError as error:
            raise CheckFailed(f"symbprop: {error}; try a smaller --learning-rate") from error
        except KeyboardInterrupt:
            kept = self.files.checkpoint
            if kept is not None and self._bar.done:
                print(f"\nepoch {self._bar.done} is in {kept}: go on with --resume {kept}", file=sys.stderr)
            raise
        return {name: value for table in (params, *states) for name, value in table.items()}, history

    def _after(self, run: dict[str, Any]) -> bool:
        """After an epoch: its row gets the measures, the file its checkpoint."""
        row = run["history"][-1]
        row.update(measured(self.module, run, self.training))
        if self.held_out is not None:
            found = measured(self.module, run, self.held_out)
            row.update((f"held_out_{name}", value) for name, value in found.items())
        if self.layers:
            some = self.training.take(slice(0, NORM_EXAMPLES))
            row["gradient_norms"] = gradient_norms(self.module, run, some, self.layers)
        target = self.files.checkpoint
        if target is not None:
            with replacing(target) as draft, draft.open("wb") as stream:
                np.savez(stream, **pack(run, self.settings, self.module))  # type: ignore[arg-type]
        if self._restored:
            self.best = run["history"][run["best_epoch"] - 1]
        self._bar.after(row)
        return False


def _layers(derived: Derived) -> dict[str, tuple[str, ...]]:
    return {each.label: each.parameters for each in derived.network.layers if each.parameters}


def _require_writers(files: Files) -> None:
    """What cannot be written is said before hours have passed."""
    for path in files.weights:
        require_weights(path)
    if files.plot is not None:
        require_picture(files.plot)
    for target in (*files.weights, files.plot, files.checkpoint):
        if target is not None and not target.parent.is_dir():
            raise SourceError(f"there is no folder {target.parent}", hint="make it first")


def _data_path(description: Description, spec: str, data: Path | None) -> Path:
    if data is not None:
        return data
    if description.training is not None and description.training.data:
        folder = Path() if spec == "-" else Path(spec).parent
        return folder / description.training.data
    raise SourceError("no examples are given", hint="write --data FILE.npz, or training: {data: FILE.npz}")


def _report(
    history: Sequence[Mapping[str, Any]], best: Mapping[str, Any], seconds: float, written: list[Path], *, as_json: bool
) -> None:
    last = history[-1]
    if as_json:
        more = {"best_epoch": best["epoch"]} if best else {}
        plain = {**table(last), **more, "epochs": last["epoch"], "seconds": seconds}
        json.dump({**plain, "written": [str(path) for path in written]}, sys.stdout, indent=2)
        print()
        return
    print(f"epoch {last['epoch']}: {sentence(last)} ({seconds:.1f} s)")
    if best and best["epoch"] != last["epoch"]:
        print(f"best was epoch {best['epoch']}: {sentence(best)}; its parameters are kept")
    print("wrote " + ", ".join(str(path) for path in written))
