"""The Jinja environment over the templates folder, wherever symbprop stands.

What Jinja makes of each template is kept, since making it takes longer than filling it in: ``python -m
symbprop.emit.templates`` makes it anew after a change of a template. What is of another text, or another Jinja, is not
used, so it can be out of date but never wrong.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket

SENTINEL = "module.py.jinja"
KEPT = Path(__file__).with_name("templates.tables")


def folder() -> Path:
    """The templates folder: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    for place in (package / "templates", package.parent / "templates"):
        if (place / SENTINEL).is_file():
            return place
    raise FileNotFoundError(f"symbprop's templates are missing: no {SENTINEL} in or beside {package}")


@cache
def environment() -> jinja2.Environment:
    """Templates hold no logic on types: values arrive as finished strings. What is undefined is an error."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder()),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 (Python source, not HTML)
        bytecode_cache=_Kept(),
    )


class _Kept(jinja2.BytecodeCache):
    """Gives Jinja what it once made of a template, by the template's name and the digest of its text."""

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return name

    def load_bytecode(self, bucket: Bucket) -> None:
        digest, made = kept().get(bucket.key, ("", ""))
        if digest == bucket.checksum:
            bucket.code = compile(made, bucket.key, "exec")

    def dump_bytecode(self, bucket: Bucket) -> None:
        pass


@cache
def kept() -> Mapping[str, tuple[str, str]]:
    """The digest of each template and the Python that it became, if that was with this Jinja and these settings."""
    of, found = json.loads(KEPT.read_text(encoding="utf-8"))
    return found if of == made_with() else {}


def made_with() -> list[str]:
    """Which Jinja, and which settings: those of this file."""
    return [jinja2.__version__, hashlib.sha256(Path(__file__).read_text(encoding="utf-8").encode()).hexdigest()]


def made(name: str) -> tuple[str, str]:
    """The digest of a template and the Python that it becomes."""
    text = (folder() / name).read_text(encoding="utf-8")
    return _Kept().get_source_checksum(text), environment().compile(text, name, name, raw=True)


def write(path: Path = KEPT) -> None:
    """Keep what all templates of Python become."""
    found = {file.name: made(file.name) for file in sorted(folder().glob("*.py.jinja"))}
    path.write_text(json.dumps([made_with(), found], indent=1) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write()
