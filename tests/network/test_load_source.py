"""Which files a description may come from."""

from __future__ import annotations

import io
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from symbprop.language.source import Source, SourceError
from symbprop.network.document import LARGEST, load_source


def test_a_file_is_loaded_without_its_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "é.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: \xc3\xa9\n")
    assert load_source(str(path)) == Source(str(path), "a: é\n")


def test_bytes_that_are_not_utf8_are_pointed_at(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(b"a: 1\n\xc3\xa9: \xff\n")
    with pytest.raises(SourceError, match="UTF-8") as caught:
        load_source(str(path))
    assert (caught.value.span.line, caught.value.span.column) == (2, 4)
    path.write_bytes("a: 1".encode("utf-16"))
    with pytest.raises(SourceError) as caught:
        load_source(str(path))
    assert "UTF-16" in caught.value.hint


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    start = time.process_time()
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/zero"), tmp_path / "missing.yaml", tmp_path / "a\0b"):
        with pytest.raises(SourceError, match="cannot read this file"):
            load_source(str(path))
    assert time.process_time() - start < 0.1


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(b"#" * (LARGEST + 1))
    with pytest.raises(SourceError, match="4 MB"):
        load_source(str(path))


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"a: 1")))
    assert load_source("-") == Source("<stdin>", "a: 1")
