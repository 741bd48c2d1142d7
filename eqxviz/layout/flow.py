"""Who makes and who reads each value, once some groups are open and others folded."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eqxviz.layout.repeats import StandIns
from eqxviz.records.graph import Graph, GroupKind, ValueOrigin

Ids = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Flow:
    """The value edges between keys. A key is an equation, or n_equations + a folded group."""

    equation_key: Ids
    equation_shown: NDArray[np.bool_]  # False where open frames stand for the equation
    group_frame: Ids  # the frame of an open group; -1 when folded
    frame_group: Ids
    frame_parent: Ids
    tail: Ids
    head: Ids
    value: Ids
    read_value: Ids  # arguments, constants and literals ...
    read_by: Ids  # ... and the keys that read them
    read_again: NDArray[np.bool_]  # read by what is shown as something else
    made_output: Ids  # outputs of the function ...
    made_by: Ids  # ... and the keys that make them
    made_again: NDArray[np.bool_]  # made by what is shown as something else
    passed_output: Ids  # outputs that nothing makes ...
    passed_value: Ids  # ... and the argument, constant or literal returned


def flow_of(graph: Graph, open_groups: Collection[int], stand_ins: StandIns) -> Flow:
    """Return the value edges of `graph` with `open_groups` unfolded.

    What repeats is joined to the equations and groups that `stand_ins` says.

    Values are followed through the borders of nested jaxprs: an edge joins the equation that
    computes a value with the one that reads it. An open equation keeps a box of its own where it
    hands a value through untouched, or reads one itself, as a `cond` reads its index.
    """
    is_open, cover = _cover(graph, open_groups, stand_ins.group_as)
    is_open &= cover < 0
    is_own = stand_ins.group_as == np.arange(len(is_open))
    frame_group = np.flatnonzero(is_open & is_own).astype(np.int32)
    group_frame = np.full(len(is_open), -1, np.int32)
    group_frame[frame_group] = np.arange(len(frame_group))
    parents = graph.group_parent[frame_group]
    frame_parent = np.where(parents < 0, np.int32(-1), group_frame[parents])

    key = cover[graph.equation_group]
    key = np.where(key < 0, np.arange(len(graph), dtype=np.int32), key)
    key = key[stand_ins.equation_as]
    again = stand_ins.equation_as != np.arange(len(graph))
    opened = np.zeros(len(graph), np.bool_)
    owners = graph.group_owner[is_open]
    opened[owners[owners >= 0]] = True

    sources = _Sources(graph, opened)
    readers = np.repeat(np.arange(len(graph)), np.diff(graph.in_offset.astype(np.int64)))
    direct = ~opened[readers]
    origin, reader = sources.follow(graph.in_value[direct], readers[direct])
    origin_out, output = sources.follow(graph.outputs, np.arange(len(graph.outputs)))
    sources.mark_own_reads()
    passing: set[int] = set()
    while new := set(map(int, np.flatnonzero(sources.keeps_box))) - passing:
        passing |= new
        for equation in sorted(new):
            through, into = sources.follow_unread(equation)
            origin, reader = np.concatenate([origin, through]), np.concatenate([reader, into])

    producer = sources.own_box[origin]
    made = producer >= 0
    producer_out = sources.own_box[origin_out]
    made_out = producer_out >= 0
    shown = ~opened
    shown |= sources.keeps_box
    return Flow(
        equation_key=key.astype(np.int32),
        equation_shown=shown,
        group_frame=group_frame,
        frame_group=frame_group,
        frame_parent=frame_parent.astype(np.int32),
        tail=key[producer[made]].astype(np.int32),
        head=key[reader[made]].astype(np.int32),
        value=origin[made].astype(np.int32),
        read_value=origin[~made].astype(np.int32),
        read_by=key[reader[~made]].astype(np.int32),
        read_again=again[reader[~made]],
        made_output=output[made_out].astype(np.int32),
        made_by=key[producer_out[made_out]].astype(np.int32),
        made_again=again[producer_out[made_out]],
        passed_output=output[~made_out].astype(np.int32),
        passed_value=origin_out[~made_out].astype(np.int32),
    )


def _cover(
    graph: Graph, open_groups: Collection[int], group_as: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], Ids]:
    """Return which groups are open, and the key of the folded box over each group (-1: none)."""
    n_groups, n_equations = len(graph.group_parent), len(graph)
    is_open = np.zeros(n_groups, np.bool_)
    wanted = [g for g in open_groups if 0 <= g < n_groups]
    is_open[wanted] = True
    is_open[0] = True
    # The nested jaxprs of one equation open and close together.
    owners = graph.group_owner
    of_open = np.unique(owners[is_open & (owners >= 0)])
    is_open |= (owners >= 0) & np.isin(owners, of_open)
    is_open = is_open[group_as]
    cover = np.full(n_groups, -1, np.int32)
    for group in range(1, n_groups):
        above = cover[graph.group_parent[group]]
        if above >= 0:
            cover[group] = above
        elif not is_open[group]:
            owner = owners[group]
            nested = graph.group_kind[group] == GroupKind.JAXPR and owner >= 0
            cover[group] = owner if nested else n_equations + group
    return is_open, cover


class _Sources:
    """Where values really come from, through the borders of the open equations."""

    def __init__(self, graph: Graph, opened: NDArray[np.bool_]) -> None:
        self._graph = graph
        self._opened = np.append(opened, False)  # -1, no producer, finds the last: not open
        n_values = len(graph.value_producer)
        outer = graph.value_outer
        enters = (graph.value_producer < 0) & (outer >= 0)
        enters &= graph.value_origin != ValueOrigin.LITERAL
        # A value bound from outside is that outer value: jump until nothing changes.
        root = np.where(enters, outer, np.arange(n_values))
        for _ in range(max(1, len(graph.group_parent).bit_length() + 1)):
            root = root[root]
        self._root = root
        leaves = np.flatnonzero((outer >= 0) & ~enters)
        self._inner = leaves[np.argsort(outer[leaves], kind="stable")]
        self._inner_offset = np.searchsorted(outer[self._inner], np.arange(n_values + 1))
        self.keeps_box = np.zeros(len(graph), np.bool_)
        self.own_box = graph.value_producer.astype(np.int64)

    def follow(
        self, values: NDArray[np.integer], readers: NDArray[np.integer]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the values that are computed or given, each with its reader.

        A value that an open equation makes is replaced by the inner values bound to it; where
        there are none, the equation hands something through and keeps a box.
        """
        found: list[NDArray[np.int64]] = []
        found_by: list[NDArray[np.int64]] = []
        values, readers = self._root[values].astype(np.int64), readers.astype(np.int64)
        # Each round goes one jaxpr deeper, so that the depth of the groups bounds the rounds.
        for _ in range(len(self._graph.group_parent) + 1):
            producer = self.own_box[values]
            inside = (producer >= 0) & self._opened[producer]
            n_inner = self._inner_offset[values + 1] - self._inner_offset[values]
            stays = ~inside | (n_inner == 0)
            self.keeps_box[producer[inside & (n_inner == 0)]] = True
            found.append(values[stays])
            found_by.append(readers[stays])
            values, readers, n_inner = values[~stays], readers[~stays], n_inner[~stays]
            if not len(values):
                break
            starts = np.repeat(self._inner_offset[values], n_inner)
            nth = np.arange(int(n_inner.sum())) - np.repeat(np.cumsum(n_inner) - n_inner, n_inner)
            values = self._root[self._inner[starts + nth]].astype(np.int64)
            readers = np.repeat(readers, n_inner)
        return np.concatenate(found), np.concatenate(found_by)

    def mark_own_reads(self) -> None:
        """Let the open equations keep a box that read what no variable inside is bound to."""
        graph = self._graph
        entering = np.zeros(len(graph.value_producer), np.bool_)
        entering[graph.value_outer[(graph.value_producer < 0) & (graph.value_outer >= 0)]] = True
        entering |= graph.value_origin == ValueOrigin.LITERAL
        for equation in np.flatnonzero(self._opened[:-1]).tolist():
            self.keeps_box[equation] |= not entering[graph.inputs_of(equation)].all()

    def follow_unread(self, equation: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the origins of what an open equation reads and nothing inside it does."""
        graph = self._graph
        inputs = graph.inputs_of(equation)
        read = np.zeros(len(graph.value_producer), np.bool_)
        read[graph.in_value] = True
        entering = np.flatnonzero((graph.value_producer < 0) & (graph.value_outer >= 0) & read)
        unread = inputs[~np.isin(inputs, graph.value_outer[entering])]
        return self.follow(unread, np.full(len(unread), equation))
