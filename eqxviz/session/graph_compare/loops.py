"""A loop that was unrolled on one side and is a scan on the other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eqxviz.session.graph_compare.columns import GraphColumns, Marks

_Places = NDArray[np.int64]
# So much of a scan's body must be found in each turn of the unrolled loop.
_LEAST_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class Loop:
    """A scan, and the equations that do the same one turn after the other."""

    owner: int  # the scan
    body: _Places  # equations nested in it
    copies: _Places  # (turn, equation of the body): the equations of the unrolled loop
    is_after: bool  # the scan is in the graph after, the unrolled loop in the one before

    def turned(self) -> "Loop":
        """Return it as it is when the two graphs change places."""
        return Loop(self.owner, self.body, self.copies, not self.is_after)


def find_loops(
    scans: GraphColumns,
    marks: Marks,
    pair: NDArray[np.int64],
    unrolled: tuple[Marks, _Places],
    *,
    is_after: bool,
) -> list[Loop]:
    """Return the scans without a partner whose bodies are found once for each of their turns.

    `unrolled` are the marks of the other graph, and those of its equations that have no partner,
    in reading order.
    """
    found: list[Loop] = []
    others, left = unrolled
    for owner, body, length in _scans(scans, pair):
        body = body[pair[body] < 0]
        copied, places = _copies(marks[body], others[left], length)
        if len(copied) < max(_LEAST_SHARE * len(body), 1):
            continue
        found.append(Loop(owner, body[copied], left[places], is_after))
        left = np.delete(left, places.reshape(-1))
        pair = pair.copy()
        pair[body] = 0  # a scan within it is none of its own
    return found


def _scans(side: GraphColumns, pair: NDArray[np.int64]) -> list[tuple[int, _Places, int]]:
    """Return scan, body and length of the scans without a partner, outer ones first."""
    graph = side.graph
    found: list[tuple[int, _Places, int]] = []
    for group in np.flatnonzero(side.is_loop & (graph.group_repeats >= 2)).tolist():
        owner, length = int(graph.group_owner[group]), float(graph.group_repeats[group])
        if pair[owner] >= 0 or not length.is_integer():
            continue
        inside = np.zeros(len(graph.group_parent), np.bool_)
        inside[group] = True
        for below in range(group + 1, len(inside)):
            inside[below] = inside[graph.group_parent[below]]
        body = np.flatnonzero(inside[graph.equation_group])
        found.append((owner, body[np.argsort(side.position[body])], int(length)))
    return sorted(found, key=lambda scan: int(side.position[scan[0]]))


def _copies(body: Marks, others: Marks, length: int) -> tuple[_Places, _Places]:
    """Return which of `body` are in `others` once for each turn, and where: (turn, which).

    What the others have in just that number is in the order of the turns; it tells where each
    turn begins and ends, and so which of the rest belong to it.
    """
    nothing = np.zeros(0, np.int64), np.zeros((length, 0), np.int64)
    wanted, number = np.unique(body, return_inverse=True)
    at = np.searchsorted(wanted, others)
    at[at == len(wanted)] = 0
    is_wanted = wanted[at] == others if len(wanted) else np.zeros(len(others), np.bool_)
    places = [np.flatnonzero(is_wanted & (at == key)) for key in range(len(wanted))]
    members = [np.flatnonzero(number == key) for key in range(len(wanted))]
    exact = [
        (m, p.reshape(length, len(m)))
        for m, p in zip(members, places, strict=True)
        if len(p) == length * len(m)
    ]
    if not exact:
        return nothing
    anchored = np.concatenate([p for _, p in exact], axis=1)
    starts, stops = anchored.min(axis=1), anchored.max(axis=1)
    if np.any(stops[:-1] >= starts[1:]):
        return nothing
    turns = (
        (starts, np.append(starts[1:] - 1, len(others))),
        (np.append(-1, stops[:-1]) + 1, stops),
    )
    for m, p in zip(members, places, strict=True):
        if len(p) > length * len(m):
            for begin, end in turns:
                first, last = np.searchsorted(p, begin), np.searchsorted(p, end, "right")
                if np.all(last - first == len(m)):
                    exact.append((m, p[first[:, None] + np.arange(len(m))]))
                    break
    copied = np.concatenate([m for m, _ in exact])
    order = np.argsort(copied)
    return copied[order], np.concatenate([p for _, p in exact], axis=1)[:, order]
