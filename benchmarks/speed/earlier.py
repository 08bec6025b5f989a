"""What runs before this one measured, from the files that ``--json`` wrote: peers that compile for minutes have runs of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.speed.report import PEER_NAMES, Row
from symbprop.tuning.clock import Spread


def read_runs(paths: Sequence[Path]) -> tuple[list[Row], list[str], dict[str, str]]:
    """The rows of the first run with the peers that only the others timed, all peers, and where the first one ran.

    A peer's ratio is to our time in the run that it was timed in.
    """
    first, *others = (json.loads(path.read_text(encoding="utf-8")) for path in paths)
    rows = [_row(each) for each in first["rows"]]
    for other in others:
        more = {(each["name"], each["dtype"]): _row(each) for each in other["rows"]}
        rows = [_joined(row, more.get((row.name, row.dtype))) for row in rows]
    timed = {peer for row in rows for peer in (*row.ratios, *row.failed)}
    return rows, [peer for peer in PEER_NAMES if peer in timed], first["around"]


def _row(kept: Mapping[str, Any]) -> Row:
    ratios = {peer: Spread(**spread) for peer, spread in kept["ratios"].items()}
    return Row(**{**kept, "ours": Spread(**kept["ours"]), "ratios": ratios})


def _joined(row: Row, other: Row | None) -> Row:
    if other is None:
        return row
    return replace(
        row,
        ratios={**other.ratios, **row.ratios},
        first={**other.first, **row.first},
        failed={**other.failed, **row.failed},
    )
