"""Which leaves stand out by their statistics, and how."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import ModelTree, NodeFlag
from eqxviz.session import formatting

# So many times the median of leaves of the same name is far from it.
EXPLODING = 100.0
# Larger elements are no weights of a network, whatever the others are.
EXPLODED = 1e6
_FEWEST = 3  # leaves of a name, below which their median says nothing

# What stands out, by rising score
PLAIN, CONSTANT, ZERO, TINY, DEAD, EXPLODES, INFINITE, NAN = range(8)
_WORDS = ("", "constant", "all zero", "tiny", "dead", "exploding", "infinite", "NaN")


@dataclass(frozen=True)
class Outliers:
    """What stands out of each row of a table of statistics."""

    kinds: NDArray[np.uint8]
    scores: NDArray[np.float64]  # the higher, the more it stands out
    ratios: NDArray[np.float64]  # of the typical size of its elements to that of its like
    n_nan: NDArray[np.int64]
    n_inf: NDArray[np.int64]

    @property
    def n_standing(self) -> int:
        """How many rows stand out at all."""
        return int(np.count_nonzero(self.kinds != PLAIN))

    @property
    def n_problems(self) -> int:
        """How many rows are to be marked as problems."""
        return int(np.count_nonzero(self.kinds >= DEAD))

    def text(self, row: int) -> str:
        """Return in words what stands out of a row, "" if nothing does."""
        kind, ratio = int(self.kinds[row]), float(self.ratios[row])
        if kind >= INFINITE:
            counts = (int(self.n_nan[row]), "NaN"), (int(self.n_inf[row]), "infinite")
            return ", ".join(f"{n:,} {word}" for n, word in counts if n)
        if kind == EXPLODES:
            return (
                f"exploding: × {formatting.count(round(ratio))} its like"
                if ratio > 1
                else "exploding"
            )
        if kind == TINY:
            return f"tiny: 1 / {formatting.count(round(1 / ratio))} of its like"
        return _WORDS[kind]

    def is_problem(self, row: int) -> bool:
        """Whether a row is to be marked as a problem."""
        return int(self.kinds[row]) >= DEAD


def find_outliers(tree: ModelTree, columns: Mapping[str, NDArray[Any]]) -> Outliers:
    """Return what stands out of each row of `columns`.

    NaN, infinities, elements that are far larger or smaller than in leaves of the same name
    ("weight"), a matrix of zeros (dead), and what is constant. The state of an optimiser, which
    begins with zeros, is never dead, and is measured by other states.
    """
    nodes = columns["nodes"].astype(np.int64)
    is_state = np.isin(nodes, tree.state_node)
    size = columns["size"].astype(np.float64)
    has_numbers = size > 0
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        typical = np.where(has_numbers, columns["norm"] / np.sqrt(np.maximum(size, 1)), np.nan)
        names = np.where(is_state, -2 - tree.key[nodes], tree.key[nodes])
        ratios = typical / _medians(names, typical)
        largest = np.maximum(np.abs(columns["minimum"]), np.abs(columns["maximum"]))
        is_inexact = (tree.flags[nodes] & int(NodeFlag.INEXACT)) > 0
        kinds = np.zeros(len(nodes), np.uint8)
        is_zero = has_numbers & (columns["n_zero"] == size)
        is_matrix = _ranks(tree, nodes) > 1
        for kind, rows in (
            (CONSTANT, (size > 1) & (columns["std"] == 0)),
            (ZERO, is_zero & (size > 1)),
            (TINY, is_inexact & ~is_zero & (ratios < 1 / EXPLODING)),
            (DEAD, is_inexact & is_zero & is_matrix & ~is_state),
            (EXPLODES, is_inexact & ((ratios > EXPLODING) | (largest > EXPLODED))),
            (INFINITE, columns["n_inf"] > 0),
            (NAN, columns["n_nan"] > 0),
        ):
            kinds[rows] = kind
        # Within a kind by how much: a fraction that does not reach the next kind.
        share = np.where(
            has_numbers, (columns["n_nan"] + columns["n_inf"]) / np.maximum(size, 1), 0
        )
        strength = np.abs(np.log10(np.where(ratios > 0, ratios, 1.0)))
        within = np.where(kinds >= INFINITE, share, np.nan_to_num(strength / (1 + strength)))
        scores = kinds.astype(np.float64) + np.where(kinds == PLAIN, 0, 0.9 * within)
    return Outliers(kinds, scores, ratios, columns["n_nan"], columns["n_inf"])


def _medians(names: NDArray[np.int32], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each row the median of the rows of its name that are above zero."""
    counted = np.where(np.isfinite(values) & (values > 0), values, np.nan)
    order = np.lexsort((counted, names))  # NaN comes last
    sorted_names = names[order]
    starts = np.flatnonzero(np.diff(sorted_names, prepend=sorted_names[:1] - 1))
    n_counted = np.add.reduceat(np.isfinite(counted[order]), starts) if len(starts) else starts
    middle = counted[order][starts + np.maximum(n_counted - 1, 0) // 2]
    middle = np.where(n_counted >= _FEWEST, middle, np.nan)
    medians = np.empty(len(names))
    medians[order] = np.repeat(middle, np.diff(starts, append=len(names)))
    return medians


def _ranks(tree: ModelTree, nodes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many axes the arrays at `nodes` have."""
    ranks = np.diff(tree.shapes.offsets.astype(np.int64))
    return ranks[tree.leaf_shape[tree.leaf[nodes]]]
