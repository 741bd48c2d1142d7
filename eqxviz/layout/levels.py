"""The graph cut into levels: one a frame, laid out on its own, with ports for what crosses.

In the level of a frame the nodes are its boxes, its inner frames and its ports. Nodes are
numbered through the whole graph: box b is b, frame f is n_boxes + f. Edges that come from the
same box cross the border of a frame through one port, named by that box.
"""

import enum
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.layout.ranks import rank

Ids = NDArray[np.int32]

# Edges that span more ranks than this are drawn as stubs: they made the layout slow and the
# picture unreadable.
LONG_SPAN = 10


class Side(enum.IntEnum):
    """What an end of a segment is."""

    INSIDE = 0  # a box or an inner frame
    ENTRY = 1  # the port through which a box's edges come in
    EXIT = 2


# Members are looked up once: the enum's own way is slow, and there are millions of ends.
_INSIDE, _ENTRY, _EXIT = Side


class End(NamedTuple):
    """One end of a segment: a node, or the port of the edges of one box."""

    side: Side
    node: int


class Segment(NamedTuple):
    """The part of an edge that lies in one level; edges of one box (`source`) may share it.

    Without a source (-1) it ends at the borders of the frames that it joins.
    """

    tail: End
    head: End
    source: int


class Level:
    """The nodes of one frame, and the distinct segments between them."""

    def __init__(self, nodes: list[int]) -> None:
        self.nodes = nodes
        self.segments: dict[Segment, int] = {}

    def add(self, segment: Segment) -> int:
        """Return the number of `segment` in this level."""
        return self.segments.setdefault(segment, len(self.segments))

    def numbered(self) -> tuple[dict[End, int], NDArray[np.int64]]:
        """Return a number for each end (nodes, then entries, then exits), and the segments so."""
        ends = [End(_INSIDE, node) for node in self.nodes]
        # In the order of the boxes that they belong to, so that ports keep their places.
        used = {end for s in self.segments for end in (s.tail, s.head)}
        ports = sorted(end for end in used if end.side != _INSIDE)
        number = {end: i for i, end in enumerate([*ends, *ports])}
        pairs = [(number[s.tail], number[s.head]) for s in self.segments]
        return number, np.array(pairs, np.int64).reshape(-1, 2)


class Levels:
    """All levels of a graph, and the way of each edge through them."""

    def __init__(self, box_frame: Ids, frame_parent: Ids, edges: Iterable[tuple[int, int]]) -> None:
        """Cut a graph with these homes of boxes and frames, and route `edges` through it."""
        self._n_boxes = len(box_frame)
        self._home = [int(f) for f in box_frame] + [int(f) for f in frame_parent]
        self.depth = [0] * len(frame_parent)
        for frame in range(1, len(frame_parent)):
            self.depth[frame] = self.depth[int(frame_parent[frame])] + 1
        nodes: list[list[int]] = [[] for _ in frame_parent]
        for node, frame in enumerate(self._home):
            if frame >= 0:
                nodes[frame].append(node)
        self.levels = [Level(inside) for inside in nodes]
        self.routes = [self._route(tail, head) for tail, head in edges]

    def across(self, tail: int, head: int) -> tuple[int, int]:
        """Return the (frame, segment) of the part of an edge in the innermost common frame.

        It joins the box or frame there that holds `tail` with the one that holds `head`, once for
        all edges between these two.
        """
        start, stop = tail, head
        while (outer := self._home[start]) != (inner := self._home[stop]):
            if self.depth[outer] >= self.depth[inner]:
                start = self._n_boxes + outer
            else:
                stop = self._n_boxes + inner
        ends = End(_INSIDE, start), End(_INSIDE, stop)
        return outer, self.levels[outer].add(Segment(*ends, -1))

    def _route(self, tail: int, head: int) -> list[tuple[int, int]]:
        """Return the (frame, segment) pairs from box `tail` to box `head`, from tail to head."""
        up: list[tuple[int, int]] = []
        down: list[tuple[int, int]] = []
        start, stop = End(_INSIDE, tail), End(_INSIDE, head)
        while (outer := self._home[start.node]) != (inner := self._home[stop.node]):
            if self.depth[outer] >= self.depth[inner]:
                way_out = Segment(start, End(_EXIT, tail), tail)
                up.append((outer, self.levels[outer].add(way_out)))
                start = End(_INSIDE, self._n_boxes + outer)
            else:
                way_in = Segment(End(_ENTRY, tail), stop, tail)
                down.append((inner, self.levels[inner].add(way_in)))
                stop = End(_INSIDE, self._n_boxes + inner)
        across = (outer, self.levels[outer].add(Segment(start, stop, tail)))
        return [*up, across, *reversed(down)]


class Spans(NamedTuple):
    """How many ranks each edge spans."""

    longest: NDArray[np.int64]  # of the levels that it crosses
    across: NDArray[np.int64]  # in the innermost frame that holds both its ends
    at_border: NDArray[np.bool_]  # there, at least one of its ends is a frame
    turned: NDArray[np.bool_]  # it runs upwards in some level: it closes a cycle of folded groups


def spans(box_frame: Ids, frame_parent: Ids, edges: Ids) -> Spans:
    """Return how many ranks each of `edges` spans, were all of them drawn."""
    pairs = [(int(tail), int(head)) for tail, head in edges]
    cut = Levels(box_frame, frame_parent, pairs)
    of_level: list[NDArray[np.int64]] = []
    turned: list[NDArray[np.bool_]] = []
    for level in cut.levels:
        number, numbers = level.numbered()
        sides = np.array([end.side for end in number], np.int64)
        ranks, upwards = rank(sides, numbers)
        turned.append(upwards)
        of_level.append(np.abs(ranks[numbers[:, 1]] - ranks[numbers[:, 0]]))
    longest = [max(of_level[f][s] for f, s in route) for route in cut.routes]
    depth = cut.depth
    shallowest = [min(route, key=lambda step: depth[step[0]]) for route in cut.routes]
    across = [of_level[f][s] for f, s in shallowest]
    return Spans(
        np.array(longest, np.int64),
        np.array(across, np.int64),
        np.array([len(route) > 1 for route in cut.routes], np.bool_),
        np.array([any(turned[f][s] for f, s in route) for route in cut.routes], np.bool_),
    )
