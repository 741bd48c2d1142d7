"""One quantity of a model's dynamics, as the nodes of a tree show it."""

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import ModelTree
from eqxviz.session.norms.history import History, Leaves, Norms, Shown

# Of all that is seen, so much at either end has the colour of the end.
_CLIPPED = 0.01


class Strips:
    """One quantity of a history, as the nodes of a tree show it."""

    def __init__(
        self, history: History, shown: Shown, nodes: NDArray[np.int32], tree: ModelTree
    ) -> None:
        self.history = history
        self.shown: Shown = shown
        self.tree = tree
        self.nodes = nodes  # of each leaf; -1: it is not in the tree
        self._leaves: dict[int, Leaves] = {}
        self.low, self.high = _range(history.every_norm(shown))

    @property
    def steps(self) -> NDArray[np.int64]:
        """The step of each column."""
        return self.history.steps

    def leaves(self, node: int) -> Leaves:
        """Return the measured leaves at `node` and below it."""
        known = self._leaves.get(node)
        if known is None:
            known = self._leaves[node] = np.flatnonzero(self._is_below(node))
        return known

    def values(self, node: int) -> Norms:
        """Return what is shown of a node by column: -1 where it is not known; empty for nothing."""
        leaves = self.leaves(node)
        if not len(leaves):
            return np.zeros(0, np.float32)
        return self.history.norms(self.shown, leaves)

    def mark(self, node: int) -> str:
        """Return in a word what is wrong at a node, "" for nothing."""
        return self.history.mark(self.leaves(node))

    def newest(self, node: int) -> int:
        """Return the newest column that is known of a node, else the last; -1: there is none."""
        values = self.values(node)
        known = np.flatnonzero(~(values < 0))
        return int(known[-1]) if len(known) else len(values) - 1

    def text(self, node: int, column: int | None = None) -> str:
        """Return a column in words: "step 1,240: 3.2e-04". The newest one, if none is named."""
        values = self.values(node)
        if not len(values):
            return ""
        column = self.newest(node) if column is None else column
        value = float(values[column])
        step = f"step {int(self.steps[column]):,}"
        return f"{step}: {number(value)}"

    def key(self, node: int) -> float:
        """Return by what a node is sorted: its newest value, -1 for none."""
        values = self.values(node)
        return float(values[self.newest(node)]) if len(values) else -1.0

    def keys(self) -> NDArray[np.float64]:
        """Return `key` of every node of the tree."""
        return np.array([self.key(node) for node in range(len(self.tree))])

    def node_of(self, leaves: Leaves) -> int:
        """Return the lowest node that holds all of `leaves`."""
        at = {int(node) for node in self.nodes[leaves]}
        while len(at) > 1:
            lowest = max(at)
            at.remove(lowest)
            at.add(int(self.tree.parent[lowest]))
        return at.pop()

    def _is_below(self, node: int) -> NDArray[np.bool_]:
        at = self.nodes.astype(np.int64)
        found = at == node
        while np.any(at > node):  # a parent has a smaller number
            at = np.where(at > node, self.tree.parent[np.maximum(at, 0)], at)
            found |= at == node
        return found


def number(value: float) -> str:
    """Return a norm in few letters."""
    if value != value:
        return "NaN"
    return "not known" if value < 0 else f"{value:.3g}"


def _range(norms: Norms) -> tuple[float, float]:
    """Return the ends of a logarithmic scale that shows most of `norms`."""
    seen = norms[np.isfinite(norms) & (norms > 0)]
    if not len(seen):
        return 1e-6, 1.0
    low, high = np.quantile(seen, [_CLIPPED, 1 - _CLIPPED])
    return (float(low), float(high)) if high > low * 1.01 else (float(low) / 10, float(high) * 10)
