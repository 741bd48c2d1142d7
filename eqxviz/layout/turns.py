"""Loops that Python has unrolled: where a row of equations repeats itself."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.graph import Graph

Ids = NDArray[np.int64]

_FEWEST_TURNS = 3
_SHORTEST_TURN = 3
_LARGEST_SHARE = 0.5  # of the row, that the turns must cover at least
_MOST_ALIKE = 64  # equations of a turn that may look alike


class Turns(NamedTuple):
    """Equal stretches of a row, one after another."""

    start: int
    length: int
    number: int


def codes_of(graph: Graph, equations: Ids) -> Ids:
    """Return a number for each equation, the same for those that are alike."""
    first = graph.out_offset[equations].astype(np.int64)
    has_output = first < graph.out_offset[equations + 1]
    made = graph.out_value[np.where(has_output, first, 0)] if len(graph.out_value) else first
    columns = (
        graph.equation_primitive[equations],
        graph.equation_params[equations],
        graph.equation_source[equations],
        np.where(has_output, graph.value_aval[made], -1) if len(graph.value_aval) else made,
    )
    codes = np.zeros(len(equations), np.int64)
    for column in columns:
        _, number = np.unique(column, return_inverse=True)
        _, codes = np.unique(codes * (int(number.max()) + 1) + number, return_inverse=True)
    return codes.astype(np.int64)


def turns_of(graph: Graph, equations: Ids) -> Turns | None:
    """Return how `equations`, in their order, repeat themselves; None where they do not.

    Equations are alike when primitive, parameters, shapes and the user's line are. A turn begins
    at the first line of the loop's body.
    """
    if len(equations) < _FEWEST_TURNS * _SHORTEST_TURN or not len(graph.source_line):
        return None
    codes = codes_of(graph, equations)
    best: Turns | None = None
    for seed in (len(codes) // 2, len(codes) // 4, 3 * len(codes) // 4):
        for length in _candidates(codes, seed):
            found = _stretch(codes, seed, length)
            if found is not None and (best is None or _covered(found) > _covered(best)):
                best = found
        if best is not None:
            break
    if best is None:
        return None
    body = equations[best.start : best.start + best.length]
    # One line that does the same to many arrays, as an optimiser's does, is no loop of the user's.
    is_loop = len(np.unique(graph.source_line[graph.equation_source[body]])) > 1
    return _aligned(graph, body, best) if is_loop else None


def _candidates(codes: Ids, seed: int) -> list[int]:
    """Return the distances from `seed` to the next ones alike, the shortest first."""
    after = np.flatnonzero(codes[seed + 1 :] == codes[seed]) + 1
    return [int(n) for n in after[:_MOST_ALIKE] if n >= _SHORTEST_TURN]


def _stretch(codes: Ids, seed: int, length: int) -> Turns | None:
    """Return the turns of `length` around `seed`."""
    differs = np.flatnonzero(codes[length:] != codes[:-length])
    at = int(np.searchsorted(differs, seed))
    start = int(differs[at - 1]) + 1 if at else 0
    stop = (int(differs[at]) if at < len(differs) else len(codes) - length) + length
    number = (stop - start) // length
    if number < _FEWEST_TURNS or number * length < _LARGEST_SHARE * len(codes):
        return None
    return Turns(start, length, number)


def _covered(turns: Turns) -> int:
    return turns.length * turns.number


def _aligned(graph: Graph, body: Ids, turns: Turns) -> Turns:
    """Return the turns moved on to where the first line of their body begins."""
    sources = graph.equation_source[body]
    lines = np.where(sources >= 0, graph.source_line[sources], np.iinfo(np.int32).max)
    first = lines == lines.min()
    begins = np.flatnonzero(first & ~np.roll(first, 1))
    shift = int(begins[0]) if len(begins) else 0
    number = turns.number - (1 if shift else 0)
    if number < _FEWEST_TURNS:
        return turns
    return Turns(turns.start + shift, turns.length, number)
