"""What stands in the same order in two sequences, without ever comparing all with all."""

from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from eqxviz.session.graph_compare.columns import Marks

_Places = NDArray[np.int64]
# Two stretches that differ in more than this are aligned by nearest likes, not by fewest edits.
_MOST_EDITS = 192


def aligned(
    keys: tuple[Marks, Marks],
    positions: tuple[_Places, _Places],
    known: tuple[_Places, _Places],
) -> tuple[_Places, _Places]:
    """Return places of equal keys, rising on both sides.

    `positions` say where each key stands, and `known` where what is paired already stands: keys
    are paired between the known pairs alone, as far as these are in the same order.
    """
    fixed = _rising(*known)
    segments = [
        np.searchsorted(line, position) for line, position in zip(fixed, positions, strict=True)
    ]
    numbers = np.unique(np.concatenate(keys), return_inverse=True)[1]
    first, second = np.split(numbers, [len(keys[0])])
    ours, others = first.tolist(), second.tolist()
    common = np.intersect1d(segments[0], segments[1])
    bounds = [np.searchsorted(s, common, side) for s in segments for side in ("left", "right")]
    found: list[tuple[int, int]] = []
    for start, stop, low, high in np.stack(bounds, axis=1).tolist():
        found += _align(ours, others, (start, stop, low, high))
    pairs = np.array(sorted(found), np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _rising(ours: _Places, others: _Places) -> tuple[_Places, _Places]:
    """Return the most of these pairs that rise on both sides, in order."""
    order = np.argsort(ours, kind="stable")
    ours, others = ours[order], others[order]
    if np.all(others[1:] > others[:-1]):
        return ours, others
    kept = _longest_rising(others.tolist())
    return ours[kept], others[kept]


def _longest_rising(numbers: list[int]) -> list[int]:
    """Return the places of a longest rising subsequence."""
    ends: list[int] = []  # the least last number of a subsequence of each length
    places: list[int] = []
    before: list[int] = []
    for place, number in enumerate(numbers):
        length = bisect_left(ends, number)
        before.append(places[length - 1] if length else -1)
        if length == len(ends):
            ends.append(number)
            places.append(place)
        else:
            ends[length], places[length] = number, place
    kept: list[int] = []
    place = places[-1] if places else -1
    while place >= 0:
        kept.append(place)
        place = before[place]
    return kept[::-1]


def _align(
    ours: list[int], others: list[int], bounds: tuple[int, int, int, int]
) -> list[tuple[int, int]]:
    """Return pairs of places in two stretches: what is rare first, then by fewest edits."""
    found: list[tuple[int, int]] = []
    todo = [bounds]
    while todo:
        start, stop, low, high = todo.pop()
        while start < stop and low < high and ours[start] == others[low]:
            found.append((start, low))
            start, low = start + 1, low + 1
        while start < stop and low < high and ours[stop - 1] == others[high - 1]:
            stop, high = stop - 1, high - 1
            found.append((stop, high))
        if start == stop or low == high:
            continue
        anchors = _anchors(ours, others, (start, stop, low, high))
        if not anchors:
            found += _fewest_edits(ours, others, (start, stop, low, high))
            continue
        found += anchors
        for (a, b), (c, d) in zip(
            [(start - 1, low - 1), *anchors], [*anchors, (stop, high)], strict=True
        ):
            todo.append((a + 1, c, b + 1, d))
    return found


def _anchors(
    ours: list[int], others: list[int], bounds: tuple[int, int, int, int]
) -> list[tuple[int, int]]:
    """Return what each stretch has exactly once, as far as it is in the same order."""
    start, stop, low, high = bounds
    mine, theirs = _singles(ours, start, stop), _singles(others, low, high)
    pairs = [(at, theirs[key]) for key, at in mine.items() if at >= 0 and theirs.get(key, -1) >= 0]
    pairs.sort()
    return [pairs[i] for i in _longest_rising([b for _, b in pairs])]


def _singles(keys: list[int], start: int, stop: int) -> dict[int, int]:
    """Return the place of each key, -1 for what is there more than once."""
    places: dict[int, int] = {}
    for at in range(start, stop):
        places[keys[at]] = at if keys[at] not in places else -1
    return places


def _fewest_edits(
    ours: list[int], others: list[int], bounds: tuple[int, int, int, int]
) -> list[tuple[int, int]]:
    """Return a longest common subsequence after Myers, or a near one where much differs."""
    start, stop, low, high = bounds
    n, m = stop - start, high - low
    reach = {1: 0}  # how far each diagonal was followed
    steps: list[dict[int, int]] = []
    for edits in range(min(n + m, _MOST_EDITS) + 1):
        steps.append(dict(reach))
        for diagonal in range(-edits, edits + 1, 2):
            down = diagonal == -edits or (
                diagonal != edits and reach[diagonal - 1] < reach[diagonal + 1]
            )
            x = reach[diagonal + 1] if down else reach[diagonal - 1] + 1
            y = x - diagonal
            while x < n and y < m and ours[start + x] == others[low + y]:
                x, y = x + 1, y + 1
            reach[diagonal] = x
            if x >= n and y >= m:
                return [(start + i, low + j) for i, j in _trail(steps, n, m)]
    return _nearest(ours, others, bounds)


def _trail(steps: list[dict[int, int]], n: int, m: int) -> list[tuple[int, int]]:
    """Return the matches on the way that the last of `steps` completes."""
    matches: list[tuple[int, int]] = []
    x, y = n, m
    for edits in range(len(steps) - 1, -1, -1):
        reach, diagonal = steps[edits], x - y
        down = diagonal == -edits or (
            diagonal != edits and reach[diagonal - 1] < reach[diagonal + 1]
        )
        before = diagonal + 1 if down else diagonal - 1
        from_x = reach[before] if edits else 0
        from_y = from_x - before if edits else 0
        while x > from_x and y > from_y:
            x, y = x - 1, y - 1
            matches.append((x, y))
        x, y = from_x, from_y
    return matches


def _nearest(
    ours: list[int], others: list[int], bounds: tuple[int, int, int, int]
) -> list[tuple[int, int]]:
    """Pair each key with the next like one after the last that was paired: one look each."""
    start, stop, low, high = bounds
    places: dict[int, list[int]] = {}
    for at in range(low, high):
        places.setdefault(others[at], []).append(at)
    found: list[tuple[int, int]] = []
    at = low
    for mine in range(start, stop):
        likes = places.get(ours[mine], [])
        nth = bisect_left(likes, at)
        # What is far ahead is left to what is nearer to it.
        if nth < len(likes) and likes[nth] - at <= _MOST_EDITS:
            found.append((mine, likes[nth]))
            at = likes[nth] + 1
    return found
