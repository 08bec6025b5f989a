"""The values of ``derive --at``."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from symbprop.calculus.index import at_sizes
from symbprop.calculus.program import Program, Tensor
from symbprop.explain.numbers import FREE, givens, size_names
from symbprop.language.source import SourceError, did_you_mean

NUMBER = re.compile(r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?(?:/\d+)?")


def values_at(text: str, program: Program) -> tuple[dict[str, Any], dict[str, int]]:
    """What is given and the free sizes, from ``x=2,y=1/3``, a JSON file or ``random``. Raises ``SourceError``."""
    wanted = {tensor.name: tensor for tensor in givens(program)}
    if text == "random":
        sizes = dict.fromkeys(size_names(program), FREE)
        source = random.Random(0)  # noqa: S311 (numbers to look at)
        return {name: _random(tensor, _shape(tensor, sizes), source) for name, tensor in wanted.items()}, sizes
    given = _from_file(text) if text.endswith(".json") else _from_pairs(text)
    for name in given:
        if name not in wanted:
            raise SourceError(f"--at: there is no input or parameter '{name}'", hint=did_you_mean(name, list(wanted)))
    missing = [name for name in wanted if name not in given]
    if missing:
        raise SourceError(
            f"--at: nothing is said of {', '.join(missing)}", hint="give every input, target and parameter"
        )
    sizes = {}
    for name, tensor in wanted.items():
        _fit(name, tensor, given[name], sizes)
    return given, {**dict.fromkeys(size_names(program), FREE), **sizes}


def _from_pairs(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in text.split(","):
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or not NUMBER.fullmatch(value):
            raise SourceError(f"--at: '{pair.strip()}' is not NAME=NUMBER", hint="for example --at x=2,y=1/3")
        try:
            found[name] = _number(value)
        except ZeroDivisionError:
            raise SourceError(f"--at: {value} is a division by zero") from None
    return found


def _number(text: str) -> Fraction:
    above, slash, below = text.partition("/")
    return Fraction(above) / (Fraction(below) if slash else 1)


def _from_file(path: str) -> dict[str, Any]:
    try:
        read = json.loads(Path(path).read_text(encoding="utf-8"), parse_float=Fraction, parse_int=Fraction)
    except OSError as error:
        raise SourceError(f"--at: cannot read {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise SourceError(f"--at: {path} is not JSON: {error}") from None
    if not isinstance(read, dict):
        raise SourceError(f"--at: {path} must hold an object from names to arrays")
    return read


def _fit(name: str, tensor: Tensor, value: Any, sizes: dict[str, int]) -> None:
    """``value`` has the tensor's shape; a free size takes the length it meets first."""
    shape: list[int] = []
    inner = value
    while isinstance(inner, list):
        shape.append(len(inner))
        inner = inner[0] if inner else None
    fits = len(shape) == len(tensor.shape) and _regular(value, shape)
    for length, size in zip(shape, tensor.shape, strict=False):
        fits = fits and length == (size if isinstance(size, int) else sizes.setdefault(str(size), length))
    if not fits:
        wanted = " × ".join(map(str, tensor.shape)) or "a single number"
        raise SourceError(f"--at: {name} has shape {' × '.join(map(str, shape)) or 'of a single number'}, not {wanted}")


def _regular(value: Any, shape: list[int]) -> bool:
    if not shape:
        return isinstance(value, Fraction)
    return isinstance(value, list) and len(value) == shape[0] and all(_regular(each, shape[1:]) for each in value)


def _shape(tensor: Tensor, sizes: Mapping[str, int]) -> list[int]:
    return [at_sizes(each, sizes) for each in tensor.shape]


def _random(tensor: Tensor, shape: list[int], source: random.Random) -> Any:
    if shape:
        return [_random(tensor, shape[1:], source) for _ in range(shape[0])]
    if tensor.integer:
        return Fraction(source.randrange(tensor.classes if isinstance(tensor.classes, int) else FREE))
    low, high = tensor.interval or (-2, 2)
    return Fraction(round(source.uniform(low, high) * 4), 4)
