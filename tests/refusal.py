"""What every refusal of bad input has in common."""

from __future__ import annotations

import re
from pathlib import Path

from warm import GIGABYTE, Ended, Warm

HEAD = re.compile(r"(?P<file>[^\n]*?):(?P<line>\d+):(?P<column>\d+): error: (?P<message>[^\n]+)")


def refused(
    warm: Warm, folder: Path, text: str | bytes, words: str, name: str = "bad.yaml", command: str = "compile"
) -> Ended:
    """``text`` as a description is refused: status 2, a place, ``words`` in what is said, nothing written, nothing done."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    before = sorted(each.name for each in folder.iterdir())
    ended = warm.run(folder, command, name, *(("-o", "out") if command == "compile" else ()))
    said = ended.stderr
    assert ended.status == 2, (ended.status, said, ended.stdout[:500])
    found = HEAD.match(said)
    assert found is not None, said
    assert found["file"] == name
    assert words in said, said
    assert "Traceback" not in said
    assert ended.stdout == ""
    assert all(character.isprintable() or character == "\n" for character in said), "nothing a terminal would obey"
    assert ended.peak < GIGABYTE
    left = sorted(each.name for each in folder.iterdir())
    assert left == before or left == sorted([*before, "out"])
    assert not (folder / "out").exists() or list((folder / "out").iterdir()) == []
    shown = said.splitlines()[1:]
    if len(shown) >= 2 and "|" in shown[0]:
        number, quoted = shown[0].split("|", 1)
        assert int(number) == int(found["line"])
        bar, carets = shown[1].split("|", 1)
        assert len(bar) == len(number)
        start = len(carets) - len(carets.lstrip())
        assert carets.lstrip().startswith("^")
        assert start <= len(quoted.rstrip()) + 1
    return ended
