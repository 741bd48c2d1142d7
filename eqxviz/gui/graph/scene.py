"""One picture of a graph: what is visible, where it is, and what lies under a point."""

import threading
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.gui.graph.geometry import Area, EdgeCurves, Floats, Ids, overlapping
from eqxviz.gui.graph.metrics import BoxMetrics
from eqxviz.layout import (
    BoxKind,
    BoxText,
    FrameText,
    Placement,
    Placer,
    VisibleGraph,
    box_texts,
    foldable,
    folded_with,
    frame_texts,
    visible,
)
from eqxviz.records import Graph
from eqxviz.session.graph.colouring import BoxColours, ColourBy, box_colours
from eqxviz.session.graph.reading import GraphReading

TITLE_BAR = 30.0


class Hit(NamedTuple):
    """What is at a point: a box, an edge, or the title bar of a frame; -1 for none."""

    box: int = -1
    frame: int = -1
    edge: int = -1
    on_chevron: bool = False  # where a click folds or unfolds


@dataclass(frozen=True, eq=False)
class Scene:
    """A graph with some groups open, laid out. Coordinates are units: pixels at zoom 1."""

    reading: GraphReading
    open_groups: frozenset[int]
    once: frozenset[int]  # the first groups of the runs that are shown once
    seen: VisibleGraph
    texts: list[BoxText]
    titles: list[FrameText]
    placement: Placement
    colour_by: ColourBy

    @property
    def graph(self) -> Graph:
        """The graph that is shown."""
        return self.reading.graph

    @cached_property
    def colours(self) -> BoxColours:
        """The colour of each box."""
        return box_colours(self.reading.colouring(self.colour_by), self.seen)

    @cached_property
    def curves(self) -> EdgeCurves:
        """The drawn edges, as they run."""
        return EdgeCurves(self.placement)

    @property
    def boxes(self) -> Floats:
        """x, y, width and height of each box."""
        return self.placement.boxes

    @property
    def frames(self) -> Floats:
        """x, y, width and height of each frame; frame 0 is the whole picture."""
        return self.placement.frames

    def boxes_in(self, area: Area) -> Ids:
        """Return the boxes that reach into `area` (x, y, width, height)."""
        return overlapping(self.boxes, area)

    def frames_in(self, area: Area) -> Ids:
        """Return the frames but the root that reach into `area`, outer ones first."""
        found = overlapping(self.frames, area)
        return found[found > 0]

    def edges_in(self, area: Area) -> Ids:
        """Return the drawn edges that reach into `area`."""
        return self.curves.in_area(area)

    def hit(self, x: float, y: float, reach: float = 0.0) -> "Hit":
        """Return what is at a point; an edge is there if it passes within `reach`."""
        boxes = self.boxes_in((x, y, 0.0, 0.0))
        if len(boxes):
            box = int(boxes[-1])
            left, top = self.boxes[box, :2]
            chevron = self.texts[box].n_inside > 0 and x - left < 28 and y - top < 28
            return Hit(box=box, on_chevron=bool(chevron))
        for frame in reversed(self.frames_in((x, y, 0.0, 0.0)).tolist()):
            if y <= self.frames[frame, 1] + TITLE_BAR:
                return Hit(frame=frame, on_chevron=bool(x - self.frames[frame, 0] < 28))
        return Hit(edge=self.curves.nearest(x, y, reach)) if reach else Hit()

    def edges_of(self, box: int) -> Ids:
        """Return the edges that begin or end at `box`."""
        return np.flatnonzero((self.seen.edge_from == box) | (self.seen.edge_to == box))

    @property
    def joined(self) -> NDArray[np.integer]:
        """The boxes that an edge joins to another one nearby."""
        near = ~self.seen.edge_far
        return np.unique(np.concatenate([self.seen.edge_from[near], self.seen.edge_to[near]]))

    def box_of(self, equation: int) -> int:
        """Return the box that shows `equation`, -1 where frames do."""
        return int(self.seen.equation_box[equation])

    def boxes_of(self, equations: NDArray[np.integer]) -> frozenset[int]:
        """Return the boxes that show one of `equations`."""
        boxes = self.seen.equation_box[equations]
        return frozenset(boxes[boxes >= 0].tolist())

    def inside(self, box: int) -> tuple[int, ...]:
        """Return the groups that open when `box` unfolds; () where nothing is inside."""
        return foldable(self.graph, *self.seen.key(box))

    def unfolded(self, box: int) -> frozenset[int]:
        """Return the open groups once `box` is unfolded."""
        return self.open_groups | frozenset(self.inside(box))

    def folded(self, frame: int) -> frozenset[int]:
        """Return the open groups once `frame` is folded."""
        return self.open_groups - frozenset(
            folded_with(self.graph, int(self.seen.frame_group[frame]))
        )

    def opened_to(self, equation: int) -> frozenset[int]:
        """Return the open groups with those opened that hide `equation`."""
        graph = self.graph
        group = int(graph.equation_group[self.seen.equation_as[equation]])
        opened = set(self.open_groups)
        while group > 0:
            opened.add(group)
            group = int(graph.group_parent[group])
        return frozenset(opened)

    def frame_of_group(self, group: int) -> int:
        """Return the frame of an open group, -1 if it is not open on screen."""
        found = np.flatnonzero(self.seen.frame_group == group)
        return int(found[0]) if len(found) else -1

    def frame_key(self, frame: int) -> tuple[int, int]:
        """Return the key of the box that `frame` becomes when it is folded."""
        group = int(self.seen.frame_group[frame])
        owner = int(self.graph.group_owner[group])
        return (BoxKind.GROUP, group) if owner < 0 else (BoxKind.EQUATION, owner)

    def place_of(self, key: tuple[int, int]) -> Hit:
        """Return the box of a key, or the frame that it has become by unfolding."""
        if (box := self.box_numbers.get(key)) is not None:
            return Hit(box=box)
        for group in foldable(self.graph, *key):
            if (frame := self.frame_of_group(group)) > 0:
                return Hit(frame=frame)
        return Hit()

    def rect_of(self, place: Hit) -> Floats | None:
        """Return x, y, width and height of a place, None if it is none."""
        if place.box >= 0:
            return self.boxes[place.box]
        return self.frames[place.frame] if place.frame > 0 else None

    @cached_property
    def box_numbers(self) -> dict[tuple[int, int], int]:
        """The box of each key: what it shows, whatever else is folded."""
        return {self.seen.key(box): box for box in range(len(self.seen))}

    def text_of(self, box: int) -> str:
        """Return what `box` says, as lines to be copied or read aloud."""
        text = self.texts[box]
        head = f"{text.title}  {text.shape}".strip()
        kind = {BoxKind.ARGUMENT: "argument", BoxKind.OUTPUT: "result"}
        what = kind.get(BoxKind(int(self.seen.box_kind[box])))
        lines = [f"{what} {head}" if what else head, *text.rows, text.source]
        return "\n".join(line for line in lines if line)

    def whole_curve(self, edge: int) -> Floats:
        """Return the points of an edge from box to box, also of one that is drawn as stubs."""
        if not self.seen.edge_far[edge]:
            return self.placement.curve(edge)
        tail = self.boxes[self.seen.edge_from[edge]]
        head = self.boxes[self.seen.edge_to[edge]]
        start = (tail[0] + tail[2] / 2, tail[1] + tail[3])
        stop = (head[0] + head[2] / 2, head[1])
        reach = max(60.0, min(240.0, abs(stop[1] - start[1]) / 3))
        bends = ((start[0], start[1] + reach), (stop[0], stop[1] - reach))
        return np.array([start, *bends, stop])


def make_scene(
    reading: GraphReading,
    open_groups: frozenset[int],
    metrics: BoxMetrics,
    placer: Placer,
    cancel: threading.Event,
    colour_by: ColourBy = ColourBy.KIND,
    once: frozenset[int] = frozenset(),
) -> Scene:
    """Return the picture of the graph that `reading` is of. Runs in any thread.

    Raises:
        LayoutCancelledError: Soon after `cancel` is set.
    """
    graph = reading.graph
    seen = visible(graph, open_groups, once, reading.repeats)
    texts, titles = box_texts(graph, seen), frame_texts(graph, seen)
    placement = placer.place(
        seen, metrics.box_sizes(seen, texts), metrics.frame_widths(titles), cancel
    )
    return Scene(reading, open_groups, once, seen, texts, titles, placement, colour_by)
