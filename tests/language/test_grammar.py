"""The parser agrees with the grammar, ``grammar.lark``, of which Lark makes a parser of its own: on what is right and what is not."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lark import Lark, Tree
from lark.exceptions import UnexpectedInput

from symbprop.language.expression_grammar import Node
from symbprop.language.grammar import Grammar
from symbprop.language.parser import operation_blocks
from symbprop.language.source import Source
from symbprop.language.tokens import Unexpected
from symbprop.library import catalogue

LIBRARY = sorted(Path(catalogue.__file__).parent.glob("*.sym"))
STARTS = ("operation", "equations", "expression")
WORDS = (
    "x y[n, k] m' m'[k] 2 .5 1e-3 3. ... i... ( ) [ ] { } , : ; = += + - * / ^ ** < <= == and or not if in as op else flat "
    "let state | ~ sum( max((n,k), (j:2) f(j:2) flat(i..., j) x[j:units] y[flat(g,j:4)] else-1 \n"
).split(" ")


@cache
def reference(start: str) -> Lark:
    """One for each start: in one for all, a line of an operation could declare a state."""
    grammar = (Path(__file__).parent / "grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, start=start, parser="lalr", propagate_positions=True, maybe_placeholders=True)


def by_lark(node: Any) -> Any:
    if isinstance(node, Tree):
        place = None if node.meta.empty else (node.meta.start_pos, node.meta.end_pos)
        return (str(node.data), place, [by_lark(each) for each in node.children])
    return None if node is None else (str(node), node.start_pos)


def by_us(node: Any) -> Any:
    if isinstance(node, Node):
        return (node.rule, (node.start, node.end), [by_us(each) for each in node.children])
    return None if node is None else (str(node), node.start)


def fault(error: UnexpectedInput, text: str) -> range:
    """Where the fault is; after an index Lark looks for an expression's operators, too, and takes '==' for one."""
    token = getattr(error, "token", None)
    if token is not None and token.type == "$END":
        return range(len(text), len(text) + 1)
    return range(error.pos_in_stream, error.pos_in_stream + len(token or " "))


def assert_agreed(start: str, text: str) -> None:
    """Both parse it to the same tree, or both find the same character that cannot stand where it does."""
    try:
        wanted = by_lark(reference(start).parse(text))
    except UnexpectedInput as error:
        with pytest.raises(Unexpected) as caught:
            Grammar(text).whole(start)
        assert caught.value.start in fault(error, text)
    else:
        assert by_us(Grammar(text).whole(start)) == wanted


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_the_library_is_read_as_the_grammar_says(path: Path) -> None:
    for block in operation_blocks(Source(path.name, path.read_text(encoding="utf-8"))):
        assert_agreed("operation", block.prepared[block.start : block.end].rstrip())


@pytest.mark.parametrize("start", STARTS)
@given(words=st.lists(st.sampled_from(WORDS), max_size=12))
def test_any_row_of_words_is_read_as_the_grammar_says(start: str, words: list[str]) -> None:
    assert_agreed(start, {"operation": "op f(", "equations": "y[n] = ", "expression": ""}[start] + " ".join(words))


@given(st.data())
def test_an_operation_with_a_word_changed_is_read_as_the_grammar_says(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(LIBRARY))
    block = data.draw(st.sampled_from(operation_blocks(Source(path.name, path.read_text(encoding="utf-8")))))
    text = block.prepared[block.start : block.end].rstrip()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 3, len(text))))
    assert_agreed("operation", text[:start] + data.draw(st.sampled_from(["", *WORDS])) + text[end:])
