"""What changed from one equation of a pair to the other."""

import enum
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import Graph
from eqxviz.session.graph_compare.columns import GraphColumns, Marks, mixed
from eqxviz.session.graph_compare.matching import value_marks

_Sides = tuple[GraphColumns, GraphColumns]
_Ids = NDArray[np.int32]


class Change(enum.IntFlag):
    """In what two equations differ, one bit each."""

    DTYPE = 1
    SHAPE = 2
    PARAMS = 4
    INPUTS = 8  # it reads other values
    GROUP = 16  # it is part of another group than its neighbours became
    LOOP = 32  # a turn of an unrolled loop, and the body of a scan
    RESULTS = 64  # it makes more values, or fewer
    LINE = 128  # it comes from another line of source; by itself this is no difference


def changes_of(
    sides: _Sides,
    rows: tuple[_Ids, _Ids],
    pair: tuple[NDArray[np.int64], ...],
    groups: _Ids,
) -> NDArray[np.uint8]:
    """Return the `Change` of each row; 0 for those without a partner.

    `pair` is the number of the pair of each equation by side, and `groups` what each group of the
    graph before became.
    """
    changes = np.zeros(len(rows[0]), np.uint8)
    both = np.flatnonzero((rows[0] >= 0) & (rows[1] >= 0))
    ours, others = rows[0][both], rows[1][both]
    a, b = sides

    def differ(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.bool_]:
        return first[ours] != second[others]

    counts = [[np.diff(side.graph.in_offset), np.diff(side.graph.out_offset)] for side in sides]
    as_many = [~differ(x, y) for x, y in zip(*counts, strict=True)]

    def avals_differ(first: _Ids, second: _Ids) -> NDArray[np.bool_]:
        found = zip(a.aval_rows(first), b.aval_rows(second), strict=True)
        read, made = (differ(x, y) & n for (x, y), n in zip(found, as_many, strict=True))
        return read | made

    texts = a.text, b.text
    params = [side.graph.equation_params for side in sides]
    as_written = differ(texts[0].whole[params[0]], texts[1].whole[params[1]])
    is_other = differ(texts[0].without_dtype[params[0]], texts[1].without_dtype[params[1]])
    dtype = avals_differ(texts[0].dtype, texts[1].dtype) | (as_written & ~is_other)
    exact, rounded = (
        [
            _input_rows(side, numbers, said, salt)
            for salt, (side, numbers, said) in enumerate(zip(sides, pair, literals, strict=True))
        ]
        for literals in (
            [text.literal for text in texts],
            [text.rounded for text in texts],
        )
    )
    # In another precision a number is written otherwise.
    inputs = np.where(dtype, differ(rounded[0], rounded[1]), differ(exact[0], exact[1]))
    homes = a.graph.equation_group[ours], b.graph.equation_group[others]
    moved = (groups[homes[0]] != homes[1]) & ((homes[0] > 0) | (homes[1] > 0))
    lines = _lines(a.graph, b.graph)
    for change, where in (
        (Change.DTYPE, dtype),
        (Change.SHAPE, avals_differ(texts[0].shape, texts[1].shape)),
        (Change.PARAMS, is_other),
        (Change.INPUTS, inputs),
        (Change.GROUP, moved),
        (Change.RESULTS, ~as_many[1]),
        (Change.LINE, differ(lines[0], lines[1])),
    ):
        changes[both[where]] |= np.uint8(change)
    return changes


def _input_rows(side: GraphColumns, pair: NDArray[np.int64], literals: _Ids, salt: int) -> Marks:
    """Return a mark of which values each equation reads, whatever their dtypes.

    What an equation without a partner makes is like nothing of the other side, which has another
    `salt`.
    """
    graph, source = side.graph, side.source_past_casts
    marks = value_marks(side, pair, literals, source)
    made = np.flatnonzero(graph.value_producer >= 0)
    lone = made[marks[made] == 0]
    marks[lone] = mixed(np.full(len(lone), 11 + salt, np.uint64), lone)
    return side.read_rows(marks[source[graph.in_value]])


def _lines(before: Graph, after: Graph) -> tuple[_Ids, _Ids]:
    """Return the number of the source line of each equation, equal for one line of one file.

    A file that only one of the graphs has is one that the other has by another name.
    """
    names = [
        [os.path.basename(graph.text(file)) for file in graph.source_file.tolist()]
        for graph in (before, after)
    ]
    common = set(names[0]) & set(names[1])
    known: dict[tuple[str, int], int] = {}
    made: list[_Ids] = []
    for graph, files in zip((before, after), names, strict=True):
        numbers = [
            known.setdefault((file if file in common else "", line), len(known))
            for file, line in zip(files, graph.source_line.tolist(), strict=True)
        ]
        made.append(np.array([*numbers, -1], np.int32)[graph.equation_source])
    return made[0], made[1]
