"""The layers of a network as a graph, laid out in ranks, and drawn as SVG: forward solid, backward dashed."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, GAP, RISE = 168, 46, 28, 54  # of a box, and between boxes and ranks
MARGIN = 16
SMALLEST = 0.8  # of its size; a wider graph than fits even so is scrolled


@dataclass(frozen=True, slots=True)
class Node:
    """One box: what it is called, what is written under its name, and the boxes it reads."""

    name: str
    caption: str
    reads: tuple[str, ...]


def ranks(nodes: Sequence[Node]) -> list[list[str]]:
    """The nodes by the length of the longest path to them; in each rank near what they read (barycentre)."""
    depth: dict[str, int] = {}
    for node in nodes:
        depth[node.name] = 1 + max((depth[each] for each in node.reads if each in depth), default=-1)
    for node in reversed(nodes):  # what reads nothing stands just above what reads it
        readers = [depth[each.name] for each in nodes if node.name in each.reads]
        if not node.reads and readers:
            depth[node.name] = min(readers) - 1
    rows: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for node in nodes:
        rows[depth[node.name]].append(node.name)
    reads = {node.name: node.reads for node in nodes}
    place: dict[str, float] = {}
    for row in rows:
        row.sort(key=lambda name: _middle([place[each] for each in reads[name] if each in place]))
        place.update({name: position - len(row) / 2 for position, name in enumerate(row)})
    return rows


def _middle(places: Sequence[float]) -> float:
    return sum(places) / len(places) if places else 0.0


def drawing(nodes: Sequence[Node], title: str) -> str:
    """The graph as one SVG element, from top to bottom, no wider than its widest rank."""
    rows = ranks(nodes)
    widest = max((len(row) for row in rows), default=1)
    width = 2 * MARGIN + widest * WIDTH + (widest - 1) * GAP + 24
    height = 2 * MARGIN + len(rows) * HEIGHT + (len(rows) - 1) * RISE
    places = _places(rows, width)
    given = {node.name for node in nodes if not node.reads}
    edges = [(read, node.name) for node in nodes for read in node.reads if read in places]
    parts = [_edge(places[read], places[name], back=read not in given) for read, name in edges]
    parts.extend(_box(node, places[node.name]) for node in nodes)
    head = (
        f'<svg class="flow" viewBox="0 0 {width} {height}" width="{width}" height="{height}" style="min-width:{SMALLEST * width:g}px" role="img" '
        f'aria-labelledby="flow-title flow-text"><title id="flow-title">{html.escape(title)}</title>'
        f'<desc id="flow-text">{html.escape(_words(nodes))}</desc>'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="context-stroke"></path></marker></defs>'
    )
    return head + "".join(parts) + "</svg>"


def _words(nodes: Sequence[Node]) -> str:
    return ". ".join(f"{each.name} reads {' and '.join(each.reads)}" for each in nodes if each.reads)


def _places(rows: Sequence[Sequence[str]], width: int) -> Mapping[str, tuple[float, float]]:
    """The top left corner of each box, every rank centred."""
    found: dict[str, tuple[float, float]] = {}
    for depth, row in enumerate(rows):
        total = len(row) * WIDTH + (len(row) - 1) * GAP
        for position, name in enumerate(row):
            found[name] = ((width - total) / 2 + position * (WIDTH + GAP), MARGIN + depth * (HEIGHT + RISE))
    return found


def _edge(start: tuple[float, float], end: tuple[float, float], *, back: bool) -> str:
    """The way of a value, and the way of its cotangent; nothing goes back to what is given."""
    x, y, to_x, to_y = start[0] + WIDTH / 2, start[1] + HEIGHT, end[0] + WIDTH / 2, end[1]
    around = 0.0 if to_y - y < HEIGHT + RISE or abs(x - to_x) > WIDTH / 2 else WIDTH / 2 + 12
    forth = f'<path class="forward" d="{_curve(x - 7, y, to_x - 7, to_y, around)}" marker-end="url(#tip)"></path>'
    if not back:
        return forth
    return (
        forth + f'<path class="backward" d="{_curve(to_x + 7, to_y, x + 7, y, around)}" marker-end="url(#tip)"></path>'
    )


def _curve(x: float, y: float, to_x: float, to_y: float, around: float) -> str:
    """From one point to another, past the boxes between them where there are any."""
    half = (to_y - y) / 2
    if around:
        return f"M{x:g} {y:g} C{x + 1.3 * around:g} {y + half / 2:g} {to_x + 1.3 * around:g} {to_y - half / 2:g} {to_x:g} {to_y:g}"
    return f"M{x:g} {y:g} C{x:g} {y + half:g} {to_x:g} {to_y - half:g} {to_x:g} {to_y:g}"


def _box(node: Node, place: tuple[float, float]) -> str:
    x, y = place
    middle = x + WIDTH / 2
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{WIDTH}" height="{HEIGHT}" rx="7"></rect>'
        f'<text x="{middle:g}" y="{y + 19:g}" class="name">{html.escape(_short(node.name))}</text>'
        f'<text x="{middle:g}" y="{y + 36:g}" class="caption">{html.escape(_short(node.caption))}</text>'
    )


def _short(text: str) -> str:
    return text if len(text) <= 22 else text[:21] + "…"
