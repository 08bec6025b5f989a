"""Strongly connected components of a graph (Tarjan 1972, iterative: a chain may be ten thousand nodes long)."""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def components(after: Mapping[Node, Sequence[Node]]) -> list[list[Node]]:
    """The components of the graph with an edge from each node to those in ``after``; those it leads to come first."""
    number: dict[Node, int] = {}
    lowest: dict[Node, int] = {}
    waiting: list[Node] = []
    inside: set[Node] = set()
    found: list[list[Node]] = []
    for root in after:
        if root in number:
            continue
        path: list[tuple[Node, Iterator[Node]]] = [(root, iter(after[root]))]
        number[root] = lowest[root] = len(number)
        waiting.append(root)
        inside.add(root)
        while path:
            node, rest = path[-1]
            for each in rest:
                if each not in number:
                    number[each] = lowest[each] = len(number)
                    waiting.append(each)
                    inside.add(each)
                    path.append((each, iter(after.get(each, ()))))
                    break
                if each in inside:
                    lowest[node] = min(lowest[node], number[each])
            else:
                path.pop()
                if path:
                    parent = path[-1][0]
                    lowest[parent] = min(lowest[parent], lowest[node])
                if lowest[node] == number[node]:
                    group = [waiting.pop()]
                    while group[-1] != node:
                        group.append(waiting.pop())
                    found.append(group)
                    inside.difference_update(group)
    return found


def in_order(before: Mapping[int, set[int]]) -> list[int]:
    """The numbers, each after those in ``before`` of it, the smallest first where there is a choice."""
    readers: dict[int, list[int]] = {number: [] for number in before}
    missing = {number: len(needs) for number, needs in before.items()}
    for number, needs in before.items():
        for each in needs:
            readers[each].append(number)
    ready = [number for number, count in missing.items() if count == 0]
    heapq.heapify(ready)
    found: list[int] = []
    while ready:
        number = heapq.heappop(ready)
        found.append(number)
        for reader in readers[number]:
            missing[reader] -= 1
            if missing[reader] == 0:
                heapq.heappush(ready, reader)
    return found
