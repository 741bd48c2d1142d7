"""Places for the boxes, frames and edges of a visible graph, level by level."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eqxviz.layout.components import lay_out_parts
from eqxviz.layout.dot import DotError, lay_out_with_dot
from eqxviz.layout.layered import lay_out_layered
from eqxviz.layout.level_plan import (
    FRAME_EDGE,
    FRAME_PADDING,
    FRAME_PORT_EDGE,
    FRAME_TITLE,
    Floats,
    LevelLayout,
    Plan,
    straight,
)
from eqxviz.layout.levels import End, Level, Levels, Side
from eqxviz.layout.visible import VisibleGraph

# Above this `dot` needs seconds a level, and a picture of more boxes than that too many of them.
DOT_MAX_NODES = 1000
DOT_MAX_BOXES = 3000
DOT_SECONDS = 4.0
_CACHED_LEVELS = 512


class LayoutCancelledError(Exception):
    """Raised when a layout was called off: its result is not wanted any more."""


@dataclass(frozen=True, eq=False)
class Placement:
    """Where everything goes: rectangles (x, y, width, height), y growing downwards.

    Edge e is a chain of cubic Bézier curves through
    `curve_points[curve_offset[e]:curve_offset[e + 1]]`: 3k + 1 points, none for a stub; a part
    from frame to frame belongs to the first of the edges that it stands for.
    Frame 0 is the whole picture.
    """

    boxes: Floats
    frames: Floats
    curve_offset: NDArray[np.int64]
    curve_points: Floats

    def curve(self, edge: int) -> Floats:
        """Return the points of `edge`, of which there may be none."""
        return self.curve_points[self.curve_offset[edge] : self.curve_offset[edge + 1]]


@dataclass(frozen=True, eq=False)
class _Placed:
    """A level that has its layout: the layout, the numbers of its ends, and its frame's size."""

    layout: LevelLayout
    number: dict[End, int]
    size: tuple[float, float]
    origin: tuple[float, float]  # of the content in the frame


class Placer:
    """Lays out visible graphs, and keeps the layouts of the levels it has seen.

    Safe to use from one thread at a time.
    """

    def __init__(self) -> None:
        self._cache: OrderedDict[bytes, LevelLayout] = OrderedDict()

    def place(
        self, seen: VisibleGraph, sizes: Floats, titles: Floats, cancel: threading.Event
    ) -> Placement:
        """Return places for `seen`; box b is `sizes[b]` large, frame f at least `titles[f]` wide.

        Raises:
            LayoutCancelledError: Soon after `cancel` is set.
        """
        short = np.flatnonzero(~seen.edge_far)
        ends = np.stack([seen.edge_from[short], seen.edge_to[short]], axis=1)
        cut = Levels(seen.box_frame, seen.frame_parent, [(int(t), int(h)) for t, h in ends])
        # Many edges may share a part between two frames: the first of them shows it.
        parts: dict[tuple[int, int], int] = {}
        for edge in np.flatnonzero(seen.edge_part).tolist():
            parts.setdefault(cut.across(int(seen.edge_from[edge]), int(seen.edge_to[edge])), edge)
        routes = dict(zip(short.tolist(), cut.routes, strict=True))
        routes |= {edge: [part] for part, edge in parts.items()}
        n_boxes = len(sizes)
        placed: dict[int, _Placed] = {}
        with_dot = n_boxes <= DOT_MAX_BOXES
        for frame in reversed(range(len(seen.frame_group))):
            plan, number = _plan(cut.levels[frame], sizes, placed, n_boxes)
            layout = lay_out_parts(plan, lambda part: self._lay_out(part, with_dot, cancel))
            placed[frame] = _framed(layout, number, float(titles[frame]) if frame else None)
        boxes, frames = _rectangles(seen, sizes, placed)
        curves: list[Floats] = [np.zeros((0, 2))] * len(seen.edge_from)
        for edge, route in routes.items():
            pieces = [
                placed[f].layout.curves[segment] + (frames[f, :2] + placed[f].origin)
                for f, segment in route
            ]
            curves[edge] = _joined(pieces)
        offsets = np.concatenate([[0], np.cumsum([len(c) for c in curves])]).astype(np.int64)
        points = np.concatenate(curves) if curves else np.zeros((0, 2))
        return Placement(boxes, frames, offsets, points)

    def _lay_out(self, plan: Plan, with_dot: bool, cancel: threading.Event) -> LevelLayout:
        if cancel.is_set():
            raise LayoutCancelledError
        name = plan.digest()
        if name in self._cache:
            self._cache.move_to_end(name)
            return self._cache[name]
        layout = None
        if with_dot and 1 < len(plan.sizes) <= DOT_MAX_NODES:
            try:
                layout = lay_out_with_dot(plan, DOT_SECONDS, cancel.is_set)
            except DotError:
                layout = None
        if layout is None:
            layout = lay_out_layered(plan, cancel.is_set)
        if cancel.is_set():
            raise LayoutCancelledError
        self._cache[name] = layout
        if len(self._cache) > _CACHED_LEVELS:
            self._cache.popitem(last=False)
        return layout


def _plan(
    level: Level, sizes: Floats, placed: dict[int, _Placed], n_boxes: int
) -> tuple[Plan, dict[End, int]]:
    """Return the plan of a level whose inner frames are placed, and the numbers of its ends."""
    number, edges = level.numbered()
    node_sizes = np.zeros((len(number), 2))
    for end, index in number.items():
        if end.side == Side.INSIDE:
            inner = end.node - n_boxes
            node_sizes[index] = placed[inner].size if inner >= 0 else sizes[end.node]
    shifts = np.zeros((2, len(edges)))
    for segment, index in level.segments.items():
        for which, side in enumerate((Side.EXIT, Side.ENTRY)):
            end = (segment.tail, segment.head)[which]
            inner = end.node - n_boxes
            if segment.source >= 0 and end.side == Side.INSIDE and inner >= 0:
                child = placed[inner]
                x = child.layout.centres[child.number[End(side, segment.source)], 0]
                shifts[which, index] = round(x + child.origin[0] - child.size[0] / 2)
    sides = np.array([end.side for end in number], np.int64)
    return Plan(node_sizes, sides, edges, shifts[0], shifts[1]), number


def _framed(layout: LevelLayout, number: dict[End, int], title: float | None) -> _Placed:
    """Return a level in its frame, which is at least `title` wide; None: it has no frame."""
    if title is None:
        return _Placed(layout, number, layout.size, (0.0, 0.0))
    sides = {end.side for end in number}
    above = FRAME_TITLE + (FRAME_PORT_EDGE if Side.ENTRY in sides else 0.0)
    below = FRAME_PORT_EDGE if Side.EXIT in sides else FRAME_EDGE
    width = max(layout.size[0] + 2 * FRAME_PADDING, title)
    origin = ((width - layout.size[0]) / 2, above)
    return _Placed(layout, number, (width, layout.size[1] + above + below), origin)


def _rectangles(
    seen: VisibleGraph, sizes: Floats, placed: dict[int, _Placed]
) -> tuple[Floats, Floats]:
    """Return the rectangles of the boxes and of the frames."""
    boxes = np.concatenate([np.zeros((len(sizes), 2)), sizes], axis=1)
    frames = np.zeros((len(seen.frame_group), 4))
    frames[0, 2:] = placed[0].size
    n_boxes = len(sizes)
    for frame in range(len(frames)):
        level = placed[frame]
        origin = frames[frame, :2] + level.origin
        for end, index in level.number.items():
            if end.side != Side.INSIDE:
                continue
            centre = level.layout.centres[index] + origin
            if end.node < n_boxes:
                boxes[end.node, :2] = centre - sizes[end.node] / 2
            else:
                size = placed[end.node - n_boxes].size
                frames[end.node - n_boxes] = [*(centre - np.array(size) / 2), *size]
    return boxes, frames


def _joined(parts: list[Floats]) -> Floats:
    """Return one chain of the curves of an edge, level after level.

    Where one level's curve ends and the next begins there is the title or the padding of a
    frame between them, which a straight piece crosses.
    """
    chain = [parts[0]]
    for part in parts[1:]:
        chain.append(straight(chain[-1][-1], part[0]))
        chain.append(part[1:])
    return np.concatenate(chain)
