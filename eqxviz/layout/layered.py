"""Layout of one level in ranks: fast, for levels that are too large for Graphviz.

Longest-path ranks, barycentre sweeps for the order in a rank, then positions that pull each node
towards its neighbours while the order and the gaps hold (Sugiyama's method).
"""

from bisect import bisect_right, insort
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from eqxviz.layout.level_plan import (
    NODE_GAP,
    RANK_GAP,
    Floats,
    LevelLayout,
    Plan,
    upright_chain,
)
from eqxviz.layout.ranks import rank

_ORDER_SWEEPS = 8
_PLACE_SWEEPS = 8
_BEND_WIDTH = 2.0
# A straight run of a long edge counts for more than a box right above a box.
_BEND_PULL = 4.0


class _Link(NamedTuple):
    """A neighbour in the next rank: where it would have this node, and how strongly."""

    node: int
    shift: float  # added to the neighbour's x
    pull: float


def lay_out_layered(plan: Plan, cancelled: Callable[[], bool]) -> LevelLayout:
    """Return the layout of `plan`, with fewer sweeps once `cancelled()` turns true."""
    ranks = _Ranks(plan)
    ranks.order(cancelled)
    x = np.array(ranks.places(cancelled))
    widths = np.array(ranks.widths)
    top, bottom = _bands(plan, ranks)
    x -= float((x - widths / 2).min(initial=0.0))
    n_nodes = len(plan.sizes)
    at = np.array(ranks.rank_of[:n_nodes], np.int64)
    y = (top[at] + bottom[at]) / 2
    y = np.where(plan.sides == 1, top[at], np.where(plan.sides == 2, bottom[at], y))
    centres = np.stack([x[:n_nodes], y], axis=1)
    curves = [_curve(plan, ranks, edge, x, centres, top, bottom) for edge in range(len(plan.edges))]
    width = float((x + widths / 2).max(initial=0.0))
    return LevelLayout(centres, curves, (width, float(bottom[-1]) if len(bottom) else 0.0))


class _Ranks:
    """The nodes by rank, with a bend in every rank that an edge passes."""

    def __init__(self, plan: Plan) -> None:
        ranks, _ = rank(plan.sides, plan.edges)
        ranks -= int(ranks.min(initial=0))
        self.rank_of: list[int] = ranks.tolist()
        self.widths: list[float] = plan.sizes[:, 0].tolist()
        self.above: list[list[_Link]] = [[] for _ in self.rank_of]
        self.below: list[list[_Link]] = [[] for _ in self.rank_of]
        self.bends: list[list[int]] = []  # of each edge, from its tail to its head
        for edge, (tail, head) in enumerate(plan.edges.tolist()):
            shifts = (float(plan.tail_shift[edge]), float(plan.head_shift[edge]))
            self.bends.append(self._chain(tail, head, *shifts))
        n_ranks = max(self.rank_of, default=-1) + 1
        self.members: list[list[int]] = [[] for _ in range(n_ranks)]
        for node, at in enumerate(self.rank_of):
            self.members[at].append(node)

    def _chain(self, upper: int, lower: int, upper_shift: float, lower_shift: float) -> list[int]:
        """Link `upper` and `lower` through new bends, and return these."""
        inner = range(self.rank_of[upper] + 1, self.rank_of[lower])
        first = len(self.rank_of)
        bends = list(range(first, first + len(inner)))
        self.rank_of.extend(inner)
        self.widths.extend([_BEND_WIDTH] * len(bends))
        self.above.extend([] for _ in bends)
        self.below.extend([] for _ in bends)
        way = [upper, *bends, lower]
        for index, (up, down) in enumerate(pairwise(way)):
            shift = upper_shift * (index == 0) - lower_shift * (index == len(bends))
            pull = _BEND_PULL if 0 < index < len(bends) else 1.0
            self.above[down].append(_Link(up, shift, pull))
            self.below[up].append(_Link(down, -shift, pull))
        return bends

    def order(self, cancelled: Callable[[], bool]) -> None:
        """Order the nodes of each rank by the mean place of their neighbours, sweep by sweep."""
        place = [0.0] * len(self.rank_of)
        for nodes in self.members:
            _spread(nodes, place)
        best, fewest = self.members, self._crossings(place)
        members = [list(nodes) for nodes in best]
        for sweep in range(_ORDER_SWEEPS):
            if cancelled() or not fewest:
                break
            links = self.below if sweep % 2 else self.above
            for nodes in reversed(members) if sweep % 2 else members:
                wish = {n: _mean([place[link.node] for link in links[n]], place[n]) for n in nodes}
                nodes.sort(key=wish.__getitem__)
                _spread(nodes, place)
            crossings = self._crossings(place)
            if crossings < fewest:
                best, fewest = [list(nodes) for nodes in members], crossings
        self.members = best

    def _crossings(self, place: list[float]) -> int:
        """Return how many pairs of links cross."""
        crossings = 0
        for nodes in self.members:
            links = sorted((place[n], place[link.node]) for n in nodes for link in self.below[n])
            seen: list[float] = []
            for _, below in links:
                crossings += len(seen) - bisect_right(seen, below)
                insort(seen, below)
        return crossings

    def places(self, cancelled: Callable[[], bool]) -> list[float]:
        """Return the x of each node: near its neighbours, in order, with gaps."""
        x = [0.0] * len(self.rank_of)
        for nodes in self.members:
            self._settle(nodes, x, [(0.0, 0.01)] * len(nodes))
        for sweep in range(_PLACE_SWEEPS):
            if cancelled():
                break
            # The last sweep looks both ways, so that neither end of a link is left askew.
            both = sweep == _PLACE_SWEEPS - 1
            for nodes in self.members if sweep % 2 else reversed(self.members):
                wishes: list[tuple[float, float]] = []
                for node in nodes:
                    links = self.above[node] if sweep % 2 or both else self.below[node]
                    links = links + self.below[node] if both else links
                    pull = sum(link.pull for link in links)
                    total = sum((x[link.node] + link.shift) * link.pull for link in links)
                    wishes.append((total / pull, pull) if pull else (x[node], 0.1))
                self._settle(nodes, x, wishes)
        return x

    def _settle(self, nodes: list[int], x: list[float], wishes: list[tuple[float, float]]) -> None:
        """Put `nodes` as near their wishes (place, pull) as order and gaps allow: least squares.

        Blocks of touching nodes are merged from left to right (pool adjacent violators).
        """
        blocks: list[list[float]] = []  # [sum of pull * place, sum of pull, number of nodes]
        offsets: list[float] = []
        offset = 0.0
        for index, node in enumerate(nodes):
            if index:
                last = nodes[index - 1]
                offset += (self.widths[last] + self.widths[node]) / 2 + NODE_GAP
            offsets.append(offset)
            place, pull = wishes[index]
            block = [(place - offset) * pull, pull, 1.0]
            while blocks and blocks[-1][0] / blocks[-1][1] >= block[0] / block[1]:
                merged = blocks.pop()
                block = [a + b for a, b in zip(merged, block, strict=True)]
            blocks.append(block)
        index = 0
        for total, pull, count in blocks:
            for _ in range(int(count)):
                x[nodes[index]] = total / pull + offsets[index]
                index += 1


def _spread(nodes: list[int], place: list[float]) -> None:
    for index, node in enumerate(nodes):
        place[node] = index - len(nodes) / 2


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _bands(plan: Plan, ranks: _Ranks) -> tuple[Floats, Floats]:
    """Return the top and the bottom of each rank."""
    heights = np.zeros(len(ranks.members))
    np.maximum.at(heights, np.array(ranks.rank_of[: len(plan.sizes)], np.int64), plan.sizes[:, 1])
    starts = (
        np.concatenate([[0.0], np.cumsum(heights + RANK_GAP)[:-1]]) if len(heights) else heights
    )
    return starts, starts + heights


def _curve(
    plan: Plan,
    ranks: _Ranks,
    edge: int,
    x: Floats,
    centres: Floats,
    top: Floats,
    bottom: Floats,
) -> Floats:
    """Return the curve of `edge`: upright through ranks, S-shaped between them."""
    tail, head = (int(n) for n in plan.edges[edge])
    half = plan.sizes[:, 1] / 2
    stops: list[tuple[float, float]] = []
    stops.append((x[tail] + plan.tail_shift[edge], centres[tail, 1] + half[tail]))
    for bend in ranks.bends[edge]:
        at = ranks.rank_of[bend]
        stops.extend([(x[bend], top[at]), (x[bend], bottom[at])])
    stops.append((x[head] + plan.head_shift[edge], centres[head, 1] - half[head]))
    return upright_chain(np.array(stops))
