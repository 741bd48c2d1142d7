"""How much each half of `partition` holds."""

from typing import TYPE_CHECKING

from eqxviz.session.outline.tree_order import TreeOrder, running_sum

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Halves:
    """How much each half of `partition` holds, at and below any node."""

    def __init__(self, order: TreeOrder, mask: "NDArray[np.bool_]") -> None:
        tree = order.tree
        self.order = order
        placed = mask[order.nodes]
        self._n_leaves = running_sum(placed)
        self._n_params, self._n_bytes = (
            running_sum((column * mask)[order.nodes]) for column in (tree.n_params, tree.n_bytes)
        )

    def n_selected(self, node: int) -> int:
        """Return how many leaves at or below `node` are selected."""
        return self._sum(self._n_leaves, node)

    def amounts(self, node: int, is_selected: bool) -> tuple[int, int, int]:
        """Return leaves, parameters and bytes of one half, at and below `node`."""
        tree = self.order.tree
        sums = (self._n_leaves, self._n_params, self._n_bytes)
        selected = [self._sum(each, node) for each in sums]
        if is_selected:
            return selected[0], selected[1], selected[2]
        totals = (int(c[node]) for c in (tree.n_leaves, tree.n_params, tree.n_bytes))
        rest = [whole - part for whole, part in zip(totals, selected, strict=True)]
        return rest[0], rest[1], rest[2]

    def _sum(self, sums: "NDArray[np.int64]", node: int) -> int:
        start = int(self.order.place[node])
        return int(sums[start + int(self.order.size[node])] - sums[start])
