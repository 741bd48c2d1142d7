"""What of a graph is on screen when some groups are open: boxes, frames and edges as columns."""

import enum
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eqxviz.layout.flow import Flow, flow_of
from eqxviz.layout.levels import LONG_SPAN, spans
from eqxviz.layout.repeats import Repeats
from eqxviz.records.graph import EquationFlag, Graph, GroupKind, ValueOrigin

Ids = NDArray[np.int32]

# Leaves of an argument with at most this many arrays are boxes; of larger ones (a model, an
# optimiser's state) they are labels in the boxes that read them.
FEW_LEAVES = 2
# A graph opens with at most about this many boxes, and no group that holds more than these.
FEW_BOXES = 60
_FEW_INSIDE = 30
# A value that more boxes than this read (a step count, a learning rate), and a box with more
# neighbours above or below than this, would tie all together.
MANY_READERS = 8
MANY_NEIGHBOURS = 12


class BoxKind(enum.IntEnum):
    """What a box stands for, and so what `box_item` numbers."""

    EQUATION = 0  # an equation, with all that is nested in it
    GROUP = 1  # a folded module or scope
    ARGUMENT = 2  # a value
    OUTPUT = 3  # an index of `Graph.outputs`


@dataclass(frozen=True, eq=False)
class VisibleGraph:
    """The boxes, the frames of open groups and the edges between boxes.

    Frame 0 is the root; every other frame has an earlier parent. Compressed rows: box b reads
    the folded values `read_value[read_offset[b]:read_offset[b + 1]]` and makes the folded outputs
    `write_output[write_offset[b]:write_offset[b + 1]]`. An edge carries one value or more.
    """

    box_kind: NDArray[np.uint8]
    box_item: Ids
    box_frame: Ids
    frame_group: Ids
    frame_parent: Ids
    edge_from: Ids
    edge_to: Ids
    edge_far: NDArray[np.bool_]  # too long, one of too many, or upwards: a stub at each end ...
    edge_part: NDArray[np.bool_]  # ... and a curve between the frames that hold the ends
    is_backward: NDArray[np.bool_]  # of each group: all of it is the backward pass
    equation_box: Ids  # -1 for an equation that is drawn as open frames
    equation_as: Ids  # the equation that is shown for each: another one where blocks repeat
    group_times: Ids  # how many equal groups each stands for
    read_offset: Ids
    read_value: Ids
    write_offset: Ids
    write_output: Ids
    carried_offset: Ids  # of edges, as those of boxes
    carried_value: Ids

    def __len__(self) -> int:
        return len(self.box_kind)

    @cached_property
    def edge_value(self) -> Ids:
        """The first of the values that each edge carries."""
        return self.carried_value[self.carried_offset[:-1]]

    def carries(self, edge: int) -> Ids:
        """Return the values that an edge carries."""
        return self.carried_value[self.carried_offset[edge] : self.carried_offset[edge + 1]]

    def edges_with(self, value: int) -> Ids:
        """Return the edges that carry a value."""
        at = np.flatnonzero(self.carried_value == value)
        return (np.searchsorted(self.carried_offset, at, side="right") - 1).astype(np.int32)

    def reads(self, box: int) -> Ids:
        """Return the arguments, constants and literals folded into `box`."""
        return self.read_value[self.read_offset[box] : self.read_offset[box + 1]]

    def writes(self, box: int) -> Ids:
        """Return the outputs of the function folded into `box`."""
        return self.write_output[self.write_offset[box] : self.write_offset[box + 1]]

    def key(self, box: int) -> tuple[int, int]:
        """Return the name of `box` that holds whatever else is folded."""
        return int(self.box_kind[box]), int(self.box_item[box])


def foldable(graph: Graph, box_kind: int, item: int) -> tuple[int, ...]:
    """Return the groups that open when a box opens; () where there is nothing inside."""
    if box_kind == BoxKind.GROUP:
        return (item,)
    if box_kind == BoxKind.EQUATION:
        return tuple(int(g) for g in np.flatnonzero(graph.group_owner == item))
    return ()


def folded_with(graph: Graph, group: int) -> tuple[int, ...]:
    """Return the groups that close together with `group`: the branches of one equation."""
    owner = int(graph.group_owner[group])
    return (group,) if owner < 0 else foldable(graph, BoxKind.EQUATION, owner)


def group_sizes(graph: Graph) -> NDArray[np.int64]:
    """Return how many equations each group holds, nested ones included."""
    sizes = np.bincount(graph.equation_group, minlength=len(graph.group_parent)).astype(np.int64)
    for group in range(len(sizes) - 1, 0, -1):
        sizes[graph.group_parent[group]] += sizes[group]
    return sizes


def backward_groups(graph: Graph) -> NDArray[np.bool_]:
    """Return of each group whether all its equations, nested ones included, run backward."""
    forward = graph.equation_flags & EquationFlag.BACKWARD == 0
    counts = np.bincount(graph.equation_group[forward], minlength=len(graph.group_parent))
    for group in range(len(counts) - 1, 0, -1):
        counts[graph.group_parent[group]] += counts[group]
    return counts == 0


def default_once(graph: Graph, repeats: Repeats, limit: int = FEW_BOXES) -> frozenset[int]:
    """Return the runs of equal groups that are shown once at first: all, but in a small graph."""
    return repeats.firsts if len(graph) > limit else frozenset()


def default_open(
    graph: Graph,
    limit: int = FEW_BOXES,
    once: Collection[int] = (),
    repeats: Repeats | None = None,
) -> frozenset[int]:
    """Return the groups to open at first: all of a small graph, else the outer ones.

    All modules and scopes of one depth open, but for very full ones, or none of them, so that what
    is alike looks alike; deeper and deeper while there are at most `limit` boxes. Runs that begin
    with one of `once` count as one group.
    """
    n_groups = len(graph.group_parent)
    if len(graph) <= limit:
        return frozenset(range(n_groups))
    stand_ins = (Repeats(graph) if repeats is None else repeats).stand_ins(once)
    is_own = stand_ins.group_as == np.arange(n_groups)
    nested = graph.group_kind == GroupKind.JAXPR
    inside = np.bincount(graph.equation_group, minlength=n_groups)
    counted = ~nested & is_own
    inside += np.bincount(graph.group_parent[1:][counted[1:]], minlength=n_groups)
    depth = np.zeros(n_groups, np.int64)
    for group in range(1, n_groups):
        parent = graph.group_parent[group]
        depth[group] = depth[parent] + 1
        nested[group] |= nested[parent] or inside[group] > _FEW_INSIDE
    n_boxes, opened = int(inside[0]), 0
    for at in range(1, int(depth.max(initial=0)) + 1):
        level = np.flatnonzero((depth == at) & ~nested & is_own)
        n_boxes += int(inside[level].sum()) - len(level)
        if n_boxes > limit:
            break
        opened = at
    return frozenset(np.flatnonzero((depth <= opened) & ~nested).tolist())


def opened_to_depth(graph: Graph, depth: int) -> frozenset[int]:
    """Return the groups that are open when `depth` levels of groups are unfolded."""
    depths = np.zeros(len(graph.group_parent), np.int64)
    for group in range(1, len(depths)):
        depths[group] = depths[graph.group_parent[group]] + 1
    return frozenset(np.flatnonzero(depths <= depth).tolist())


def carried_open(before: Graph, opened: Collection[int], after: Graph) -> frozenset[int]:
    """Return the groups of `after` that have the names of those `opened` in `before`.

    So a function that is drawn again, after a change of its inputs or its source, stays folded as
    it was.
    """
    names = _group_paths(before)
    known = {names[group] for group in opened}
    return frozenset(g for g, name in enumerate(_group_paths(after)) if name in known)


def _group_paths(graph: Graph) -> list[tuple[str | int, ...]]:
    """Return the names from the root down to each group; of one name the first is number 1."""
    paths: list[tuple[str | int, ...]] = []
    seen: dict[tuple[str | int, ...], int] = {}
    parents: list[int] = graph.group_parent.tolist()
    for group, parent in enumerate(parents):
        above = paths[parent] if group else ()
        path = (*above, graph.text(int(graph.group_name[group])))
        seen[path] = seen.get(path, 0) + 1
        paths.append((*path, seen[path]))
    return paths


def visible(
    graph: Graph,
    open_groups: Collection[int],
    once: Collection[int] = (),
    repeats: Repeats | None = None,
) -> VisibleGraph:
    """Return the boxes, frames and edges of `graph` with `open_groups` unfolded; the root always.

    Runs of equal groups that begin with one of `once` are shown as that one; `repeats` are those
    of the graph, if they are known already.

    Every equation is in exactly one box, or is drawn as the open frames of its nested jaxprs. A
    value edge whose two ends are in different boxes is part of exactly one visible edge.
    """
    stand_ins = (Repeats(graph) if repeats is None else repeats).stand_ins(once)
    flow = flow_of(graph, open_groups, stand_ins)
    boxes = _Boxes(graph, flow)
    tail, head, value = boxes.edges()
    edges, carried_offset, carried_value = _bundled(tail, head, value)
    box_frame = boxes.frames()
    first = carried_value[carried_offset[:-1]]
    far, part = _far(box_frame, flow.frame_parent, edges, first)
    read_offset, read_value = _rows(boxes.folded_reads(), len(boxes.kind))
    write_offset, write_output = _rows(boxes.folded_writes(), len(boxes.kind))
    return VisibleGraph(
        box_kind=boxes.kind,
        box_item=boxes.item,
        box_frame=box_frame,
        frame_group=flow.frame_group,
        frame_parent=flow.frame_parent,
        edge_from=edges[:, 0],
        edge_to=edges[:, 1],
        edge_far=far,
        edge_part=part,
        is_backward=backward_groups(graph),
        equation_box=boxes.of_equation,
        equation_as=stand_ins.equation_as.astype(np.int32),
        group_times=stand_ins.group_times.astype(np.int32),
        read_offset=read_offset,
        read_value=read_value,
        write_offset=write_offset,
        write_output=write_output,
        carried_offset=carried_offset,
        carried_value=carried_value,
    )


class _Boxes:
    """The numbering of the boxes, in the order of their first equations."""

    def __init__(self, graph: Graph, flow: Flow) -> None:
        self._graph, self._flow = graph, flow
        keys, first = np.unique(flow.equation_key[flow.equation_shown], return_index=True)
        keys = keys[np.argsort(first, kind="stable")]
        n_equations, n_values = len(graph), len(graph.value_producer)
        is_group = keys >= n_equations
        self._of_key = np.full(n_equations + len(graph.group_parent), -1, np.int32)
        own, returned = self._own_arguments(), self._own_outputs()
        # Arguments come first and outputs last, so that a tie in the layout keeps them there.
        self._of_key[keys] = len(own) + np.arange(len(keys))
        self._of_value = np.full(n_values, -1, np.int32)
        self._of_value[own] = np.arange(len(own))
        self._of_output = np.full(len(graph.outputs), -1, np.int32)
        self._of_output[returned] = len(own) + len(keys) + np.arange(len(returned))
        self.kind = np.concatenate(
            [
                np.full(len(own), BoxKind.ARGUMENT),
                np.where(is_group, BoxKind.GROUP, BoxKind.EQUATION),
                np.full(len(returned), BoxKind.OUTPUT),
            ]
        ).astype(np.uint8)
        items = np.where(is_group, keys - n_equations, keys)
        self.item = np.concatenate([own, items, returned]).astype(np.int32)
        self.of_equation = np.where(
            flow.equation_shown, self._of_key[flow.equation_key], np.int32(-1)
        ).astype(np.int32)

    def frames(self) -> Ids:
        """Return the frame of each box."""
        graph, frames = self._graph, self._flow.group_frame
        home = np.zeros(len(self.kind), np.int32)
        equations, groups = self.kind == BoxKind.EQUATION, self.kind == BoxKind.GROUP
        home[equations] = graph.equation_group[self.item[equations]]
        # An open equation that keeps a box has it inside its frame; of several, beside them.
        owners = graph.group_owner[self._flow.frame_group]
        for equation in np.unique(owners[owners >= 0]):
            nested = foldable(graph, BoxKind.EQUATION, int(equation))
            if len(nested) == 1 and (box := self._of_key[equation]) >= 0:
                home[box] = nested[0]
        home[groups] = graph.group_parent[self.item[groups]]
        return frames[home]

    def edges(self) -> tuple[Ids, Ids, Ids]:
        """Return tail box, head box and value of each value edge between two boxes."""
        flow = self._flow
        key_tail, key_head = self._of_key[flow.tail], self._of_key[flow.head]
        read = self._of_value[flow.read_value]
        made = self._of_output[flow.made_output]
        passed = self._of_output[flow.passed_output]
        tail = np.concatenate(
            [key_tail, read, self._of_key[flow.made_by], self._of_value[flow.passed_value]]
        )
        head = np.concatenate([key_head, self._of_key[flow.read_by], made, passed])
        value = np.concatenate(
            [flow.value, flow.read_value, self._graph.outputs[flow.made_output], flow.passed_value]
        )
        kept = (tail >= 0) & (head >= 0) & (tail != head)
        return tail[kept], head[kept], value[kept]

    def folded_reads(self) -> tuple[Ids, Ids]:
        """Return the boxes and the values they read that have no box of their own."""
        flow = self._flow
        folded = (self._of_value[flow.read_value] < 0) & ~flow.read_again
        passed = (self._of_value[flow.passed_value] < 0) & (
            self._of_output[flow.passed_output] >= 0
        )
        boxes = [self._of_key[flow.read_by[folded]], self._of_output[flow.passed_output[passed]]]
        return np.concatenate(boxes), np.concatenate(
            [flow.read_value[folded], flow.passed_value[passed]]
        )

    def folded_writes(self) -> tuple[Ids, Ids]:
        """Return the boxes and the outputs they make that have no box of their own."""
        flow = self._flow
        folded = (self._of_output[flow.made_output] < 0) & ~flow.made_again
        return self._of_key[flow.made_by[folded]], flow.made_output[folded]

    def _own_arguments(self) -> NDArray[np.int64]:
        """Return the arguments that get a box: those that few others share a name with."""
        flow, graph = self._flow, self._graph
        used = np.unique(np.concatenate([flow.read_value, flow.passed_value]))
        used = used[graph.value_origin[used] == ValueOrigin.ARGUMENT]
        names = [graph.text(int(graph.value_path[v])) for v in used]
        return used[_of_small_families(names)].astype(np.int64)

    def _own_outputs(self) -> NDArray[np.int64]:
        graph = self._graph
        names = [graph.text(int(i)) for i in graph.output_names]
        return np.arange(len(graph.outputs))[_of_small_families(names)]


def _of_small_families(paths: list[str]) -> NDArray[np.bool_]:
    """Return which of `paths` begin with a name that at most `FEW_LEAVES` of them begin with."""
    roots = [_root(path) for path in paths]
    counts: dict[str, int] = {}
    for root in roots:
        counts[root] = counts.get(root, 0) + 1
    return np.array([not r or counts[r] <= FEW_LEAVES for r in roots], np.bool_)


def _root(path: str) -> str:
    """Return the first name of a path: "model" of "model.layers[0]", "[1]" of "[1].mu"."""
    end = next((i for i, c in enumerate(path) if i and c in ".["), len(path))
    return path[:end]


def _bundled(tail: Ids, head: Ids, value: Ids) -> tuple[Ids, Ids, Ids]:
    """Return the distinct (tail, head) pairs, and the values of each as compressed rows."""
    triples = np.unique(np.stack([tail, head, value], axis=1), axis=0).astype(np.int32)
    starts = np.flatnonzero(np.any(np.diff(triples[:, :2], axis=0, prepend=-1) != 0, axis=1))
    offsets = np.append(starts, len(triples)).astype(np.int32)
    return triples[starts, :2], offsets, triples[:, 2]


def _far(
    box_frame: Ids, frame_parent: Ids, edges: Ids, values: Ids
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which edges are drawn as stubs, and which of these also from frame to frame."""
    every = spans(box_frame, frame_parent, edges)
    far = every.turned | (np.bincount(values, minlength=1)[values] > MANY_READERS)
    for ends in edges.T:
        far |= np.bincount(ends, minlength=1)[ends] > MANY_NEIGHBOURS
    # What is left out makes others no longer: ranks are those of the edges that are drawn.
    known = spans(box_frame, frame_parent, edges[~far])
    far[~far] = known.longest > LONG_SPAN
    return far, far & ~every.turned & every.at_border & (every.across <= LONG_SPAN)


def _rows(pairs: tuple[Ids, Ids], n_rows: int) -> tuple[Ids, Ids]:
    """Return the distinct (row, item) pairs as compressed rows, in the order of the items."""
    rows, items = pairs
    distinct = np.unique(np.stack([rows, items], axis=1), axis=0)
    offsets = np.zeros(n_rows + 1, np.int32)
    np.cumsum(np.bincount(distinct[:, 0], minlength=n_rows), out=offsets[1:])
    return offsets, distinct[:, 1].astype(np.int32)
