"""That an error inside a formula points at what was typed, however the formula is written into the description."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from symbprop.language.source import Source
from symbprop.network.document import read_document
from symbprop.network.node import MappingNode, ScalarNode


def formula(text: str, name: str = "net.yaml") -> Source:
    """The source of the formula under the key ``f`` of a description."""
    root = read_document(Source(name, text))
    assert isinstance(root, MappingNode)
    node = root.entries["f"].value
    assert isinstance(node, ScalarNode)
    return node.source()


def pointed_at(source: Source, start: int, end: int) -> str:
    """What the carets under the span of characters ``start`` to ``end`` mark."""
    span = source.span(start, end)
    return span.source.quote(span.line)[span.column - 1 : span.column - 1 + span.length]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a: 1\nf: z = one + bad", "net.yaml"),
        ("f: 'z = one + bad'", "net.yaml"),
        ('f: "z = one + bad"', "net.yaml"),
        ("f: '''q'' z = one + bad'", "net.yaml"),
        ('f: "\\"\\x41\\u00e9\\U0001F600\\n z = one + bad"', "net.yaml"),
        ('f: "z = one \\\n    + bad"', "net.yaml"),
        ("f: z = one\n  + bad", "net.yaml"),
        ("f: |\n  y = 1\n  z = one + bad\n", "net.yaml"),
        ("f: |2-  # header\n    y = 1\n      z = one + bad\n\n", "net.yaml"),
        ("f: |\r\n  y = 1\r\n  z = one + bad\r\n", "net.yaml"),
        ("f: >\n  y = 1\n\n  z =\n  one + bad\n", "net.yaml"),
        ('{"f": "y = 1\\nz = one + bad"}', "net.json"),
        ('{"f": "\\ud83d\\ude00\\t\\/ z = one + bad"}', "net.json"),
        ('{"é": 1, "f": "z = one + bad"}', "<stdin>"),
    ],
)
def test_an_error_inside_a_formula_points_into_the_description(text: str, name: str) -> None:
    source = formula(text, name)
    for word in ("z", "one", "bad"):
        start = source.text.index(word)
        assert pointed_at(source, start, start + len(word)) == word
    assert source.span(source.text.index("bad")).source.text == text


def test_the_end_of_a_block_formula_is_the_end_of_its_last_line() -> None:
    source = formula("f: |\n  z = a +\n\nb: 1\n")
    span = source.span(len(source.text))
    assert (span.line, span.column) == (2, 10)


def written(text: str, style: str) -> str:
    """A description whose ``f`` is ``text``, in one of the five ways to write it."""
    if style == "json":
        return json.dumps({"f": text})
    if style in "|>":
        return f"f: {style}\n" + "".join(f"  {line}\n" for line in text.split("\n"))
    stream = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_style = style  # type: ignore[assignment]
    yaml.dump({"f": text}, stream)
    return stream.getvalue()


@settings(max_examples=200, deadline=None)
@given(
    st.text(alphabet="ab=\n '\"\\té\U0001f600:#").map(lambda text: f"a{text}z"),
    st.sampled_from(["json", '"', "'", "|", ">"]),
)
def test_every_visible_character_of_a_formula_is_found_where_it_stands(text: str, style: str) -> None:
    whole = written(text, style)
    source = formula(whole, "net.json" if style == "json" else "net.yaml")
    for index, character in enumerate(source.text):
        span = source.span(index)
        typed = whole.split("\n")[span.line - 1][span.column - 1 :]
        escaped = typed.startswith("\\") and character in '"é\U0001f600'
        assert character.isspace() or escaped or typed.startswith(character)
