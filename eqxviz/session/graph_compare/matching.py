"""Which equations of two graphs belong together."""

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import ValueOrigin
from eqxviz.session.graph_compare.alignment import aligned
from eqxviz.session.graph_compare.columns import GraphColumns, Ids, Marks, mixed
from eqxviz.session.graph_compare.loops import Loop, find_loops

_Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]
_Sides = tuple[GraphColumns, GraphColumns]
_ARGUMENTS = (ValueOrigin.ARGUMENT, ValueOrigin.CONSTANT)
_NONE = np.zeros(0, np.int64)


class ComparisonCancelledError(Exception):
    """The comparison was called off."""


class Matching:
    """The pairs of equations found so far; the strongest evidence comes first.

    Equations are paired by what flows into them, from the arguments on, and what is left by the
    order in which they stand between those that are paired.
    """

    def __init__(self, sides: _Sides, cancel: threading.Event) -> None:
        self._sides = sides
        self._cancel = cancel
        # By side: the number of the pair of each equation, -1 while it has none.
        self.pair = tuple(np.full(len(side.graph), -1, np.int64) for side in sides)
        self._pairs: list[_Pairs] = []
        self._n_pairs = 0
        self.loops: list[Loop] = []

    def run(self) -> None:
        """Find all pairs.

        Raises:
            ComparisonCancelledError: Soon after `cancel` is set.
        """
        a, b = self._sides
        exact, loose = (a.exact, b.exact), (a.without_dtype, b.without_dtype)
        bare = _with_path((a.bare, b.bare), self._sides)
        self._by_flow()
        for marks in (_with_path(exact, self._sides), bare):
            self._by_neighbours(marks)
        for marks in (exact, loose):
            self._by_order(_with_path(marks, self._sides))
        self._by_flow(anywhere=True)
        self._by_loop(exact)
        self._by_loop(loose)
        for marks in (exact, loose, bare):
            self._by_order(marks, anywhere=True)

    @property
    def pairs(self) -> _Pairs:
        """The equations of each pair; what is a loop on one side is in `loops`."""
        return _joined(self._pairs)

    def _take(self, pairs: _Pairs) -> bool:
        """Take in new pairs; return whether there are any."""
        n = len(pairs[0])
        for pair, equations in zip(self.pair, pairs, strict=True):
            pair[equations] = self._n_pairs + np.arange(n)
        self._pairs.append(pairs)
        self._n_pairs += n
        return n > 0

    def _left(self) -> _Pairs:
        """Return the equations without a partner, in reading order."""
        if self._cancel.is_set():
            raise ComparisonCancelledError
        left = [
            side.order[pair[side.order] < 0]
            for side, pair in zip(self._sides, self.pair, strict=True)
        ]
        return left[0], left[1]

    def _by_order(self, marks: tuple[Marks, Marks], *, anywhere: bool = False) -> None:
        """Pair what stands in the same order between the pairs that do, and what follows on it."""
        left = self._left()
        if not (len(left[0]) and len(left[1])):
            return
        positions = [side.position[e] for side, e in zip(self._sides, left, strict=True)]
        fixed = self.pairs
        known = [side.position[e] for side, e in zip(self._sides, fixed, strict=True)]
        keys = [mark[e] for mark, e in zip(marks, left, strict=True)]
        at = aligned((keys[0], keys[1]), (positions[0], positions[1]), (known[0], known[1]))
        if self._take((left[0][at[0]], left[1][at[1]])):
            self._by_flow(anywhere=anywhere)

    def _by_neighbours(self, marks: tuple[Marks, Marks]) -> None:
        """Pair what alone reads the same known values, and what paired equations read.

        In an optimiser's update a parameter tells its equations from thousands that are alike.
        """
        while True:
            n_before = self._n_pairs
            left, keys = list(self._left()), list[Marks]()
            for n, side in enumerate(self._sides):
                graph = side.graph
                known = value_marks(side, self.pair[n], side.text.literal, side.source)
                is_told = (known > 0) & (graph.value_origin != ValueOrigin.LITERAL)
                read = side.source[graph.in_value]
                n_told = np.append(0, np.cumsum(is_told[read]))
                n_told = n_told[graph.in_offset[1:]] - n_told[graph.in_offset[:-1]]
                left[n] = left[n][n_told[left[n]] > 0]
                keys.append(mixed(marks[n], side.read_rows(known[read]))[left[n]])
            at = _as_many((keys[0], keys[1]), most=1)
            self._take((left[0][at[0]], left[1][at[1]]))
            fresh = self.pairs
            while len(fresh[0]):
                fresh = self._read_by(fresh, marks)
                self._take(fresh)
            if self._n_pairs == n_before:
                return
            self._by_flow()

    def _read_by(self, pairs: _Pairs, marks: tuple[Marks, Marks]) -> _Pairs:
        """Return what has no partner yet and is read at the same place by both of a pair."""
        graphs = [side.graph for side in self._sides]
        counts = [np.diff(g.in_offset)[e] for g, e in zip(graphs, pairs, strict=True)]
        alike = np.flatnonzero(counts[0] == counts[1])
        count = counts[0][alike].astype(np.int64)
        nth = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
        made: list[NDArray[np.int64]] = []
        for side, graph, equations in zip(self._sides, graphs, pairs, strict=True):
            starts = graph.in_offset[equations[alike]].astype(np.int64)
            values = side.source[graph.in_value[np.repeat(starts, count) + nth]]
            made.append(graph.value_producer[values].astype(np.int64))
        ours, others = made
        free = (ours >= 0) & (others >= 0)
        ours, others = ours[free], others[free]
        free = (self.pair[0][ours] < 0) & (self.pair[1][others] < 0)
        free &= marks[0][ours] == marks[1][others]
        both = np.unique(np.stack([ours[free], others[free]], axis=1), axis=0)
        for side in (0, 1):
            _, number, n_partners = np.unique(
                both[:, side], return_inverse=True, return_counts=True
            )
            both = both[n_partners[number] == 1]
        return both[:, 0], both[:, 1]

    def _by_loop(self, marks: tuple[Marks, Marks]) -> None:
        """Pair the copies of an unrolled loop with the body of a scan, either way around."""
        for scans in (0, 1):
            left = self._left()
            other = 1 - scans
            found = find_loops(
                self._sides[scans],
                marks[scans],
                self.pair[scans],
                (marks[other], left[other]),
                is_after=scans == 1,
            )
            for loop in found:
                numbers = self._n_pairs + np.arange(len(loop.body))
                self.pair[scans][loop.body] = numbers
                self.pair[other][loop.copies] = numbers  # each row of copies is one turn
                self.pair[scans][loop.owner] = self._n_pairs + len(numbers)
                self._n_pairs += len(numbers) + 1
                self.loops.append(loop)

    def _by_flow(self, *, anywhere: bool = False) -> None:
        """Pair what does the same to the same, from the arguments and the known pairs on.

        It is in a group of the same path, unless `anywhere`.
        """
        a, b = self._sides
        levels = (
            ((a.exact, b.exact), False),
            ((a.without_dtype, b.without_dtype), True),
            ((a.bare, b.bare), True),
        )
        for marks, is_loose in levels:
            left = self._left()
            if not (len(left[0]) and len(left[1])):
                return
            flows = [
                _flow(side, mark, pair, equations, is_loose)
                for side, mark, pair, equations in zip(
                    self._sides, marks, self.pair, left, strict=True
                )
            ]
            keys = [flow.marks for flow in flows]
            placed = [
                mixed(key, side.path[e])
                for key, side, e in zip(keys, self._sides, left, strict=True)
            ]
            at = _as_many((placed[0], placed[1]))
            self._take((left[0][at[0]], left[1][at[1]]))
            if not anywhere:
                continue
            # Only what comes from an argument is known wherever it stands.
            rest = [
                np.flatnonzero(flow.is_rooted & (pair[e] < 0))
                for flow, pair, e in zip(flows, self.pair, left, strict=True)
            ]
            at = _as_many((keys[0][rest[0]], keys[1][rest[1]]))
            self._take((left[0][rest[0][at[0]]], left[1][rest[1][at[1]]]))


@dataclass(frozen=True)
class _Flow:
    """What flows into each of some equations."""

    marks: Marks
    is_rooted: NDArray[np.bool_]  # something of it is an argument, or comes from a known pair


def _flow(
    side: GraphColumns,
    local: Marks,
    pair: NDArray[np.int64],
    equations: NDArray[np.int64],
    is_loose: bool,
) -> _Flow:
    """Return a mark of each of `equations`, which are in reading order, with all it comes from.

    What paired equations make is known by their pair. With `is_loose` conversions of dtype are
    seen through, and literals count by their shape.
    """
    graph = side.graph
    source = side.source_past_casts if is_loose else side.source
    literals = side.text.shape if is_loose else side.text.literal
    marks: list[int] = value_marks(side, pair, literals, source).tolist()
    rooted = bytearray(np.isin(graph.value_origin, _ARGUMENTS).astype(np.uint8).tobytes())
    producer = graph.value_producer
    made = np.flatnonzero(producer >= 0)
    is_known = np.zeros(len(producer), np.bool_)
    is_known[made] = pair[producer[made]] >= 0
    for value in np.flatnonzero(is_known).tolist():
        rooted[value] = 1
    outer: list[int] = graph.value_outer.tolist()
    sources: list[int] = source.tolist()
    reads: list[int] = source[graph.in_value].tolist()
    starts: list[int] = graph.in_offset.tolist()
    first_made: list[int] = graph.out_offset.tolist()
    makes: list[int] = graph.out_value.tolist()
    of_equation: list[int] = local.tolist()
    commutes: list[bool] = side.is_commutative.tolist()
    found: list[int] = []
    is_rooted: list[bool] = []
    rows: list[int] = equations.tolist()
    for equation in rows:
        parts: list[int] = []
        roots = False
        for value in reads[starts[equation] : starts[equation + 1]]:
            if marks[value] == 0:  # a variable of a loop: what it is bound to is met by now
                without = sources[outer[value]]
                marks[value] = hash((marks[without], "in a loop"))
                rooted[value] = rooted[without]
            parts.append(marks[value])
            roots = roots or rooted[value] > 0
        if commutes[equation]:
            parts.sort()
        mark = hash((of_equation[equation], *parts))
        found.append(mark)
        is_rooted.append(roots)
        for nth in range(first_made[equation], first_made[equation + 1]):
            value = makes[nth]
            marks[value] = hash((mark, nth - first_made[equation]))
            rooted[value] = roots
    return _Flow(np.array(found, np.int64).view(np.uint64), np.array(is_rooted, np.bool_))


def value_marks(side: GraphColumns, pair: NDArray[np.int64], literals: Ids, source: Ids) -> Marks:
    """Return who each value is, as far as that is known without following what flows; 0 elsewhere.

    An argument is known by its path, a literal by what `literals` number its text as, what a
    paired equation makes by the pair, and a variable of a loop by what it is bound to.
    """
    graph = side.graph
    producer, outer = graph.value_producer, graph.value_outer
    marks = side.argument.copy()
    literal = np.flatnonzero(graph.value_origin == ValueOrigin.LITERAL)
    said = literals[graph.value_aval[literal]]
    marks[literal] = mixed(np.full(len(literal), 5, np.uint64), said)
    marks[producer >= 0] = 0
    made = np.flatnonzero(producer >= 0)
    made = made[pair[producer[made]] >= 0]
    nth = _out_places(side)
    marks[made] = mixed(mixed(np.full(len(made), 7, np.uint64), pair[producer[made]]), nth[made])
    inner = side.loop_variables
    inner = inner[outer[inner] >= 0]
    marks[inner] = 0
    is_new = len(inner) > 0
    while is_new:  # as often as loops are nested
        bound = marks[source[outer[inner]]]
        found = np.where(bound > 0, mixed(bound, np.full(len(inner), 13)), 0)
        is_new = not np.array_equal(found, marks[inner])
        marks[inner] = found
    return marks


def _out_places(side: GraphColumns) -> NDArray[np.int64]:
    """Return of each value at which place its equation makes it."""
    graph = side.graph
    places = np.zeros(len(graph.value_producer), np.int64)
    starts, counts = graph.out_offset[:-1].astype(np.int64), np.diff(graph.out_offset)
    places[graph.out_value] = np.arange(len(graph.out_value)) - np.repeat(starts, counts)
    return places


def _with_path(marks: tuple[Marks, Marks], sides: _Sides) -> tuple[Marks, Marks]:
    placed = [mixed(mark, side.path) for mark, side in zip(marks, sides, strict=True)]
    return placed[0], placed[1]


def _as_many(keys: tuple[Marks, Marks], most: int | None = None) -> _Pairs:
    """Return the places of the keys that both have, and equally often: the nth with the nth.

    With `most`, no keys that are there more often.
    """
    known: list[tuple[Marks, NDArray[np.int64], NDArray[np.int64]]] = []
    for key in keys:
        _, number, count = np.unique(key, return_inverse=True, return_counts=True)
        order = np.argsort(key, kind="stable")
        known.append((key, order, count[number]))
    # Sorted by key, keys of one count lie alike on both sides.
    full = [mixed(key, count) for key, _, count in known]
    rare = [f if most is None else f[k[2] <= most] for f, k in zip(full, known, strict=True)]
    common = np.intersect1d(rare[0], rare[1])
    places = [k[1][np.isin(f[k[1]], common)] for f, k in zip(full, known, strict=True)]
    return places[0], places[1]


def _joined(pairs: list[_Pairs]) -> _Pairs:
    if not pairs:
        return _NONE, _NONE
    sides = [np.concatenate(side) for side in zip(*pairs, strict=True)]
    return sides[0], sides[1]
