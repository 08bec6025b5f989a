"""Texts that are almost descriptions and almost formulas: the examples and the library, with something done to them."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "examples").glob("*.yaml"))]
LIBRARY = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "symbprop" / "library").glob("*.sym"))]
OPERATIONS = [block for text in LIBRARY for block in re.split(r"\n(?=op )", text) if block.startswith("op ")]
EQUATIONS = [line.strip() for block in OPERATIONS for line in block.splitlines()[1:] if "=" in line and "#" not in line]
TOKEN = re.compile(r"\w+|\s+|[^\w\s]")

WORDS = (
    "sum mean prod max min where exp log sqrt x W b k j n N ... [ ] ( ) { } , : ; = += + - * / ^ ** < > == and or not in as if else let op state "
    "~ | ' size flat diff 0 1 -1 1e3 1e999 0.5 9^9 name inputs targets layers nodes loss dense units activation shape dtype int classes "
    "training optimizer true no null ~ .nan & * ! !!python %YAML --- ? << \" ' \\ \t \n \r \0 \u202e \ufeff \U0001f600 é ﬁ 10000000000000000000"
).split(" ")
BYTES = st.binary(min_size=1, max_size=4)


@st.composite
def mutated(draw: st.DrawFn, seeds: list[str]) -> str:
    """A seed with up to six of its words left out, doubled, swapped, or replaced by others that may stand in the language."""
    words = TOKEN.findall(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 6))):
        if not words:
            break
        at = draw(st.integers(0, len(words) - 1))
        match draw(st.sampled_from(("drop", "double", "swap", "replace", "insert", "cut", "repeat"))):
            case "drop":
                del words[at]
            case "double":
                words.insert(at, words[at])
            case "swap":
                other = draw(st.integers(0, len(words) - 1))
                words[at], words[other] = words[other], words[at]
            case "replace":
                words[at] = draw(st.sampled_from(WORDS))
            case "insert":
                words.insert(at, draw(st.sampled_from(WORDS)))
            case "cut":
                del words[at:]
            case _:
                words[at] = words[at] * draw(st.sampled_from((2, 40, 3000)))
    return "".join(words)


@st.composite
def damaged(draw: st.DrawFn, seeds: list[str]) -> bytes:
    """A seed as bytes, some of them others."""
    data = bytearray(draw(st.sampled_from(seeds)).encode())
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        data[at : at + draw(st.integers(0, 3))] = draw(BYTES)
    return bytes(data)
