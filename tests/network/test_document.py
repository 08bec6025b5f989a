"""What a description's text may be, where its parts stand, and what hostile text gets."""

from __future__ import annotations

import io
import json
import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from symbprop.language.source import Source, SourceError
from symbprop.network.document import LARGEST, read_document
from symbprop.network.node import MappingNode, Node, SequenceNode, node_of


def read(text: str, name: str = "net.yaml") -> Node:
    return read_document(Source(name, text))


def value(text: str) -> object:
    """What the plain word ``text`` means."""
    node = read(f"a: {text}")
    assert isinstance(node, MappingNode)
    return node.entries["a"].value.plain()


def fault(text: str, name: str = "net.yaml") -> SourceError:
    """The error that ``text`` is refused with, which must come at once."""
    start = time.process_time()
    with pytest.raises(SourceError) as caught:
        read(text, name)
    assert time.process_time() - start < 0.1
    assert len(str(caught.value).splitlines()) <= 3
    return caught.value


def place(error: SourceError) -> tuple[int, int]:
    return error.span.line, error.span.column


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("3", 3),
        ("-0", 0),
        ("+7", 7),
        ("0.5", Fraction(1, 2)),
        ("1e-3", Fraction(1, 1000)),
        ("1e3", Fraction(1000)),
        (".25", Fraction(1, 4)),
        ("2.", Fraction(2)),
        ("0.1", Fraction(1, 10)),
        ("0e999999999", 0),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("no", "no"),
        ("on", "on"),
        ("nan", "nan"),
        ("1:30", "1:30"),
        ("2001-01-01", "2001-01-01"),
        ("1_000", "1_000"),
        ("'010'", "010"),
        ('"3"', "3"),
    ],
)
def test_a_plain_word_means_what_it_looks_like(text: str, meaning: object) -> None:
    assert value(text) == meaning
    assert type(value(text)) is type(meaning) or isinstance(meaning, Fraction | int)


def test_whole_numbers_stay_integers_and_others_are_exact_fractions() -> None:
    assert type(value("64")) is int
    assert type(value("1e3")) is Fraction


@pytest.mark.parametrize(
    "text", ["010", "-007.5", "00", "0x1F", "0o17", "0b1", ".nan", ".inf", "-.Inf", "1e400", "-1e999999999"]
)
def test_numbers_that_are_ambiguous_or_not_finite_are_refused_where_they_stand(text: str) -> None:
    assert place(fault(f"a: {text}")) == (1, 4)


@pytest.mark.parametrize("text", ["1e-400", "1e-999999999", "9" * 400, "9" * 100_000, "1." + "0" * 100_000])
def test_numbers_no_float_can_hold_or_too_long_to_read_are_refused_at_once(text: str) -> None:
    assert place(fault(f"a: {text}")) == (1, 4)
    assert place(fault(f'{{"a": {text}}}', "net.json")) == (1, 7)


def test_every_node_knows_its_place() -> None:
    root = read("layers:\n  - dense: {units: 32}\n  - relu\n")
    assert isinstance(root, MappingNode)
    layers = root.entries["layers"]
    assert (layers.span.line, layers.span.column, layers.span.length) == (1, 1, 6)
    assert isinstance(layers.value, SequenceNode)
    first, second = layers.value.items
    assert isinstance(first, MappingNode)
    assert (second.span.line, second.span.column, second.span.length) == (3, 5, 4)
    dense = first.entries["dense"].value
    assert isinstance(dense, MappingNode)
    assert (dense.span.line, dense.span.column, dense.span.length) == (2, 12, 11)
    units = dense.entries["units"]
    assert (units.span.column, units.value.span.column, units.value.span.length) == (13, 20, 2)


def test_a_span_ends_with_the_first_line_of_what_it_covers() -> None:
    root = read("a: {b: 1,\n    c: 2}")
    assert isinstance(root, MappingNode)
    assert root.entries["a"].value.span.length == len("{b: 1,")


@pytest.mark.parametrize(
    ("text", "at", "word"),
    [
        ("a: &x 1\nb: *x", (1, 4), "anchors"),
        ("a: *x", (1, 4), "alias"),
        ("&x a: 1", (1, 1), "anchors"),
        ("a: !!python/object/apply:os.system ['ls']", (1, 4), "tags"),
        ("a: !!str 1", (1, 4), "tags"),
        ("a: ! 1", (1, 4), "tags"),
        ("<<: {a: 1}", (1, 1), "merge"),
        ("a: 1\nb: 2\na: 3", (3, 1), "twice"),
        ("a: 1\n---\nb: 2", (2, 1), "one description"),
        ("%YAML 1.1\n---\na: 1", (1, 1), "directives"),
        ("# first\n%TAG ! foo\n---\na: 1", (2, 1), "directives"),
        ("1: 2", (1, 1), "key"),
        ("? [a]\n: b", (1, 3), "key"),
        ("a: b: c", (1, 5), "mapping values"),
        ("a:\n\tb: 1", (2, 1), ""),
        ("a: 'open", (1, 9), "quoted scalar"),
        ("a: {b: 1]", (1, 9), "expected"),
        ("a: \x00", (1, 4), "U+0000"),
        ("a: b\rc", (1, 5), "U+000D"),
        ("a: \ufeff", (1, 4), "U+FEFF"),
        ("a: \ud800", (1, 4), "U+D800"),
        ('a: "\\ud800"', (1, 4), "surrogate"),
        ("a: 1\n- b", (2, 1), ""),
        ("", (1, 1), "empty"),
        ("\n\n", (1, 1), "empty"),
        ("# nothing\n", (1, 1), "empty"),
    ],
)
def test_what_yaml_could_hide_or_break_is_refused_where_it_stands(text: str, at: tuple[int, int], word: str) -> None:
    error = fault(text)
    assert place(error) == at
    assert word in error.message


@pytest.mark.parametrize(
    "text", ['a: "\\UFFFFFFFF"', f"%YAML {'9' * 5000}.1\n---\na", "%YAML 1.9\n---\na", "a\n...\n%YAML 7.7\n---\nb"]
)
def test_what_the_yaml_library_itself_trips_over_is_an_ordinary_error(text: str) -> None:
    fault(text)


def test_a_key_given_twice_names_both_places() -> None:
    text = "a: 1\nb: {c: 1,  c: 2}"
    error = fault(text)
    assert place(error) == (2, 12)
    assert "line 2, column 5" in error.hint
    assert "line 1, column 2" in fault('{"a": 1, "a": 2}', "net.json").hint


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 5000, "- " * 5000, "{[" * 5000, '{"a":' * 5000])
def test_deep_nesting_is_refused_before_it_costs_anything(text: str) -> None:
    assert "100 levels" in fault(text).message or "key" in fault(text).message


def test_a_billion_laughs_are_not_laughed() -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60))]
    assert place(fault("\n".join(lines))) == (1, 5)


@pytest.mark.parametrize("name", ["net.yaml", "net.json"])
def test_a_key_too_long_to_be_told_is_refused(name: str) -> None:
    error = fault(json.dumps({"ok": 1, "k" * 900: 1}), name)
    assert place(error) == (1, 11)
    assert "900 characters" in error.message


def test_a_hundred_levels_are_read() -> None:
    node = read("[" * 100 + "]" * 100)
    for _ in range(99):
        assert isinstance(node, SequenceNode)
        (node,) = node.items


NOT_JSON = """{'a': 1} | {"a": 01} | {"a": +1} | {"a": .5} | {"a": 1.} | {"a": NaN} | {"a": -Infinity} | {"a": 1,}
 | {a: 1} | {"a": 1} 2 | ["a" "b"] | {"a" 1} | {"a": "\t"} | {"a": "\\x41"} | {"a": tru} | {"a": // no
1} | "open | [1 | {"a": 1e5.5} | {"a": "\\u12"} | {,} | [,1] | [1 2] | {"a": 1 "b": 2} | nul | ["""


@pytest.mark.parametrize("text", NOT_JSON.split(" | "))
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(text, parse_constant=lambda word: json.loads(f"<{word}>"))
    fault(text, "net.json")


@pytest.mark.parametrize("text", ['{"a": 1e400}', '{"a": "\\udc00\\ud800"}', "", " \n"])
def test_json_that_means_nothing_is_refused(text: str) -> None:
    fault(text, "net.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(JSON, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_json_is_read_as_pythons_own_reader_reads_it(tree: object, ascii_only: bool, indent: int | str | None) -> None:
    text = json.dumps({"tree": tree}, ensure_ascii=ascii_only, indent=indent)
    try:
        found = read(text, "net.json").plain()
    except SourceError as error:
        found = error.message
    assert found == json.loads(text) or (not ascii_only and str(found).startswith("a control character"))


@pytest.mark.parametrize("text", ["0", "-0.0", "1.5", "-2e3", "1E+2", "12.5e-1", "123456789012345678901234567890"])
def test_json_numbers_are_exact(text: str) -> None:
    assert read(f"[{text}]", "net.json").plain() == [Fraction(text)]


def test_json_without_its_suffix_is_recognised_by_its_brace() -> None:
    text = '{\n\t"a": "\\ud83d\\ude00",\n\t"b"\n: [1]}'
    assert read(text, "<stdin>").plain() == {"a": "\U0001f600", "b": [1]}
    assert read("{a: b, c: [yes]}", "<stdin>").plain() == {"a": "b", "c": ["yes"]}


WORDS = st.text(alphabet="ab01.-+eExo_ é\u4e2d:#'\"~,", max_size=8).filter(lambda word: not word.startswith(":"))


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(WORDS, WORDS | st.integers(-99, 99) | st.booleans() | st.none(), min_size=1))
def test_what_a_yaml_writer_writes_is_read_back_or_refused_as_a_doubtful_number(tree: dict[str, object]) -> None:
    stream = io.StringIO()
    YAML(typ="safe", pure=True).dump(tree, stream)
    try:
        found = read(stream.getvalue()).plain()
    except SourceError as error:
        found = error.message
    assert found == tree or found in (
        "a number does not start with 0",
        "numbers are written in decimal",
        "a key must be text",
    )


@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet="ab:{}[],-|>&*!%#'\"\\ \n\t01.?<u", max_size=60), st.sampled_from(["a.yaml", "a.json", "<stdin>"])
)
def test_any_text_is_read_or_refused(text: str, name: str) -> None:
    told = ""
    try:
        read(text, name)
    except SourceError as error:
        told = str(error)
    assert len(told.splitlines()) <= 3


def test_a_long_description_is_placed_in_linear_time() -> None:
    text = "[" + "\n".join('"x",' for _ in range(20_000)) + "1]"
    start = time.process_time()
    read(text, "net.json")
    assert time.process_time() - start < 1.5


def test_values_made_in_python_read_like_those_in_a_file() -> None:
    made = node_of({"a": [1, 0.1, 1e-3, None, True, "x", Fraction(1, 3)], "b": (2,)})
    assert made.plain() == {"a": [1, Fraction(1, 10), Fraction(1, 1000), None, True, "x", Fraction(1, 3)], "b": [2]}


def test_values_no_description_can_hold_are_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    for bad in (float("nan"), float("inf"), {1: 2}, {"a": object()}, b"x", {1, 2}, 1j, endless):
        with pytest.raises(SourceError):
            node_of(bad)


def test_a_text_that_is_too_large_is_refused() -> None:
    assert "4 MB" in fault("#" * (LARGEST + 1)).message
