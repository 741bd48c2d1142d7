"""What a comparison says of each box of a picture."""

import numpy as np
from numpy.typing import NDArray

from eqxviz.layout import VisibleGraph
from eqxviz.session import formatting
from eqxviz.session.graph_compare.difference import GraphDifference, Status
from eqxviz.session.graph_compare.telling import ADDED, REMOVED, kinds_of

_SIGNS = ((Status.CHANGED, "≠"), (Status.REMOVED, REMOVED.glyph), (Status.ADDED, ADDED.glyph))


def box_statuses(
    difference: GraphDifference, side: int, seen: VisibleGraph
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Return the `Status` of each box of the graph before (0) or after (1), and what it says.

    A box that holds several equations is what they all are, or else changed, and says how many are
    what: "≠5 −3 +12".
    """
    statuses = difference.of_equations(side)
    shown = np.flatnonzero(seen.equation_box >= 0)
    box = seen.equation_box[shown]
    counts = np.zeros((len(seen), len(Status)), np.int64)
    np.add.at(counts, (box, statuses[shown]), 1)
    made = np.zeros(len(seen), np.uint8)
    made[counts[:, 1:].sum(axis=1) > 0] = Status.CHANGED
    n_inside = counts.sum(axis=1)
    for status in (Status.REMOVED, Status.ADDED):
        made[(counts[:, status] == n_inside) & (n_inside > 0)] = status
    equation = np.full(len(seen), -1, np.int64)
    equation[box] = shown
    words = [""] * len(seen)
    for at in np.flatnonzero(made).tolist():
        if n_inside[at] == 1:
            kind = kinds_of(difference, difference.row_of(side, int(equation[at])))[0]
            words[at] = f"{kind.glyph} {kind.word}"
        else:
            said = ((sign, int(counts[at, status])) for status, sign in _SIGNS)
            words[at] = " ".join(f"{sign}{formatting.count(n)}" for sign, n in said if n)
    return made, tuple(words)
