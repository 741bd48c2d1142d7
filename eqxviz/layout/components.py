"""Parts of a level that no edge joins: laid out one by one, then packed like lines of text."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from eqxviz.layout.level_plan import RANK_GAP, Floats, LevelLayout, Plan, straight

Ids = NDArray[np.int64]

_PART_GAP = 44.0
# Width to height of a packed level: a window is wider than it is high.
_ASPECT = 1.6


def lay_out_parts(plan: Plan, lay_out: Callable[[Plan], LevelLayout]) -> LevelLayout:
    """Return the layout of `plan`, with `lay_out` called for each of its connected parts.

    The optimiser's update of each parameter is such a part: side by side they would make a
    picture a hundred screens wide. Parts with a port stay together in the first line.
    """
    parts = _parts(plan)
    if len(parts) < 2:
        return lay_out(plan)
    layouts = [lay_out(_part_plan(plan, nodes, edges)) for nodes, edges in parts]
    origins, size = _packed([layout.size for layout in layouts])
    centres = np.zeros((len(plan.sizes), 2))
    curves: list[Floats] = [np.zeros((0, 2))] * len(plan.edges)
    for (nodes, edges), layout, origin in zip(parts, layouts, origins, strict=True):
        centres[nodes] = layout.centres + origin
        for edge, curve in zip(edges, layout.curves, strict=True):
            curves[edge] = curve + origin
    # Exits are at the bottom of the frame, wherever their part ended.
    drop = size[1] - centres[:, 1]
    for edge, (_, head) in enumerate(plan.edges):
        if plan.sides[head] == 2 and drop[head] > 1.0:
            end = curves[edge][-1] + [0.0, drop[head]]
            curves[edge] = np.concatenate([curves[edge], straight(curves[edge][-1], end)])
    centres[:, 1] += np.where(plan.sides == 2, drop, 0.0)
    return LevelLayout(centres, curves, size)


def _parts(plan: Plan) -> list[tuple[Ids, Ids]]:
    """Return nodes and edges of each connected part, in the order of their first nodes."""
    n_nodes = len(plan.sizes)
    ports = np.flatnonzero(plan.sides != 0)
    tied = np.stack([ports[:-1], ports[1:]], axis=1) if len(ports) > 1 else plan.edges[:0]
    root = list(range(n_nodes))

    def find(node: int) -> int:
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    for tail, head in [*plan.edges.tolist(), *tied.tolist()]:
        first, second = sorted((find(tail), find(head)))
        root[second] = first
    part = np.array([find(node) for node in range(n_nodes)], np.int64)
    edge_part = part[plan.edges[:, 0]]
    firsts = np.unique(part)
    if len(ports):
        with_ports = part[ports[0]]
        firsts = np.concatenate([[with_ports], firsts[firsts != with_ports]])
    return [(np.flatnonzero(part == p), np.flatnonzero(edge_part == p)) for p in firsts]


def _part_plan(plan: Plan, nodes: Ids, edges: Ids) -> Plan:
    number = np.zeros(len(plan.sizes), np.int64)
    number[nodes] = np.arange(len(nodes))
    return Plan(
        plan.sizes[nodes],
        plan.sides[nodes],
        number[plan.edges[edges]],
        plan.tail_shift[edges],
        plan.head_shift[edges],
    )


def _packed(sizes: list[tuple[float, float]]) -> tuple[list[Floats], tuple[float, float]]:
    """Return where each part goes, and the size of the whole.

    Lines of parts follow one another; beside a first part that is higher than wide the lines
    begin at its right.
    """
    area = sum((w + _PART_GAP) * (h + RANK_GAP) for w, h in sizes)
    first, rest = sizes[0], sizes[1:]
    limit = max(*(w for w, _ in sizes), math.sqrt(area * _ASPECT))
    beside = first[0] + _PART_GAP + max(w for w, _ in rest) <= limit
    left, top = (first[0] + _PART_GAP, 0.0) if beside else (0.0, first[1] + RANK_GAP)
    origins: list[Floats] = [np.zeros(2)]
    x, y, line_height, width = left, top, 0.0, first[0]
    for w, h in rest:
        if x > left and x + w > limit:
            x, y, line_height = left, y + line_height + RANK_GAP, 0.0
        origins.append(np.array([x, y]))
        width = max(width, x + w)
        line_height = max(line_height, h)
        x += w + _PART_GAP
    return origins, (width, max(first[1], y + line_height))
