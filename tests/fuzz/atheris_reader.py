"""Coverage-guided fuzzing of the parser and the reader with atheris.

    pip install atheris
    python tests/fuzz/atheris_reader.py -max_total_time=3600 -timeout=2 -rss_limit_mb=1024 FINDINGS tests/fuzz/corpus

The first byte of an input chooses what reads the rest: YAML, JSON, equations, operations. Anything but a tree or a
SourceError is a finding. ``--replay`` reads the corpus once, without atheris, and prints how many and the peak of memory.
"""

from __future__ import annotations

import importlib
import resource
import sys
from pathlib import Path

CORPUS = Path(__file__).with_name("corpus")


def target(data: bytes) -> None:
    """What is fuzzed."""
    from symbprop.language.parser import parse_equations, parse_operations
    from symbprop.language.source import Source, SourceError
    from symbprop.network.document import _decode
    from symbprop.pipeline import read

    kind, rest = data[:1], data[1:]
    try:
        if kind == b"y":
            read(_decode("net.yaml", rest))
        elif kind == b"j":
            read(_decode("net.json", rest))
        else:
            source = Source("f", rest.decode("utf-8", "replace"))
            parse_equations(source) if kind == b"e" else parse_operations(source)
    except SourceError as error:
        assert str(error)


def main() -> None:
    """The fuzzer, or the replay."""
    if "--replay" in sys.argv:
        seeds = sorted(CORPUS.iterdir())
        for seed in seeds:
            target(seed.read_bytes())
        print(len(seeds), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
        return
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["symbprop", "ruamel", "lark"]):
        for name in ("symbprop.pipeline", "symbprop.network.document", "symbprop.language.parser"):
            importlib.import_module(name)
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
