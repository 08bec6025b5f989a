"""``check``."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from symbprop.cli.faults import CheckFailed
from symbprop.cli.reading import read_spec
from symbprop.deliver import audit, verified
from symbprop.faithful import Comparison
from symbprop.language.source import SourceError, did_you_mean
from symbprop.pipeline import compile_description
from symbprop.verify.certificate import Certificate, certificate_named
from symbprop.verify.effort import EFFORTS
from symbprop.verify.memory import require_memory
from symbprop.verify.module import load_module, verify_module

SURFACE = (
    "NAME",
    "PARAMETERS",
    "INPUTS",
    "TARGETS",
    "OUTPUTS",
    "INTEGERS",
    "RANGES",
    "ZERO_GRADIENTS",
    "init",
    "forward",
)


def run_check(spec: str, seed: int, effort: str, *, as_json: bool) -> None:
    """Verify a module, or the module of a description; exit status 1 if it is wrong."""
    if effort not in EFFORTS:
        raise SourceError(f"there is no effort '{effort}'", hint=did_you_mean(effort, EFFORTS))
    named = comparison = None
    if spec.endswith(".py"):
        certificate, named = _of_module(Path(spec), seed, effort)
    else:
        certificate, comparison = _of_spec(spec, seed, effort)
    if as_json:
        formulas = None if comparison is None else asdict(comparison)
        print(json.dumps({**certificate.to_json(), "named": named, "formulas": formulas}, indent=2, ensure_ascii=False))
    else:
        print(certificate.format())
        if named is not None:
            print(_compared(named, certificate.digest))
        if comparison is not None:
            print(comparison.describe())
    if not certificate.passed:
        raise CheckFailed("" if as_json else f"{certificate.module} is not verified")


def _compared(named: str, digest: str) -> str:
    if named == digest:
        return f"The file names this certificate, {digest}."
    return f"The file names {named}, not {digest}: its figures are of another machine, NumPy, seed or effort."


def _of_module(path: Path, seed: int, effort: str) -> tuple[Certificate, str | None]:
    """Its certificate, and the digest of that which the file names."""
    if not path.is_file():
        raise SourceError(f"there is no file {path}")
    try:
        audit(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} is not a Python module: {error}") from error
    module = load_module(path)
    missing = [name for name in SURFACE if not hasattr(module, name)]
    if missing:
        raise SourceError(f"{path} is not a module of symbprop: it lacks {', '.join(missing)}")
    return verify_module(module, seed=seed, effort=effort), certificate_named(module.__doc__ or "")


def _of_spec(spec: str, seed: int, effort: str) -> tuple[Certificate, Comparison | None]:
    """Its certificate, and how its loss and outputs compare with the formulas if it has passed."""
    description, source = read_spec(spec)
    result = compile_description(description, source)
    require_memory(result.derived.network.program, description.span)
    text = result.source
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "module.py"
        path.write_text(text, encoding="utf-8")
        return verified(load_module(path), result.derived.network, seed=seed, effort=effort)
