"""Reading a description's text, from a file or standard input, into a tree that knows where everything stands."""

from __future__ import annotations

import os
import re
import stat
import sys

from symbprop.language.source import Source, SourceError
from symbprop.network.excerpt import Lines
from symbprop.network.json_text import read_json
from symbprop.network.node import Node
from symbprop.network.yaml_text import read_yaml

LARGEST = 4 * 1024 * 1024
"""The most bytes a description may have."""

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]|\r(?!\n)")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def load_source(path: str) -> Source:
    """The text of the file at ``path``; ``-`` is standard input.

    Raises SourceError if it is missing, not a regular file (so that no device or pipe can block or flood us), larger
    than 4 MB or not UTF-8; a byte order mark is dropped.
    """
    name = "<stdin>" if path == "-" else path
    try:
        data = _read_standard_input() if path == "-" else _read_regular_file(path)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise SourceError(f"cannot read this file: {reason}", Source(name, "").span(0)) from None
    return _decode(name, data)


def read_document(source: Source) -> Node:
    """The tree of a YAML or JSON text.

    A name that ends in ``.json`` means strict JSON. Any other text may be both; YAML contains JSON but for details of
    white space and escapes, so one that opens with a brace is tried as JSON first.

    >>> read_document(Source("net.yaml", "shape: [3, 4]")).plain()
    {'shape': [3, 4]}
    """
    _refuse_unreadable(source)
    lines = Lines(source)
    if source.name.lower().endswith(".json"):
        if not source.text.strip():
            raise SourceError("the description is empty", lines.span(0, 1))
        return read_json(lines)
    if source.text.lstrip().startswith("{"):
        try:
            return read_json(lines)
        except SourceError:
            return read_yaml(lines)
    return read_yaml(lines)


def _read_standard_input() -> bytes:
    if sys.stdin is None:  # as the shell's <&- has it
        raise OSError("standard input is closed")
    return sys.stdin.buffer.read(LARGEST + 1)


def _read_regular_file(path: str) -> bytes:
    # Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("it is not a regular file")
        return file.read(LARGEST + 1)


def _decode(name: str, data: bytes) -> Source:
    if len(data) > LARGEST:
        raise SourceError("this file is larger than 4 MB, the most a description may have", Source(name, "").span(0))
    data = data.removeprefix(_BYTE_ORDER_MARK)
    try:
        return Source(name, data.decode("utf-8"))
    except UnicodeDecodeError as error:
        readable = Source(name, data.decode("utf-8", errors="replace"))
        at = len(data[: error.start].decode("utf-8"))
        hint = "save it as UTF-8" + (", not as UTF-16" if data.startswith(_UTF16_MARKS) else "")
        raise SourceError("this byte is not UTF-8", readable.span(at), hint=hint) from None


def _refuse_unreadable(source: Source) -> None:
    if len(source.text) > LARGEST:
        raise SourceError(
            "this text is larger than 4 MB, the most a description may have", Source(source.name, "").span(0)
        )
    if found := _UNPRINTABLE.search(source.text):
        code = f"U+{ord(found[0]):04X}"
        raise SourceError(f"a control character ({code}) stands here", source.span(found.start()), hint="remove it")
