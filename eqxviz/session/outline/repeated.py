"""Which arrays of a tree are one that came before."""

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import ModelTree, NodeKind
from eqxviz.session.outline.unfolding import ranges_below


def repeated_arrays(tree: ModelTree) -> NDArray[np.bool_]:
    """Return which nodes are arrays that stand at an earlier place too, or in what does."""
    again = np.zeros(len(tree), np.bool_)
    again[tree.share_members] = True
    again[tree.share_members[tree.share_offsets[:-1]]] = False
    for level in ranges_below(tree, 0):
        again[level] |= again[tree.parent[level]]
    return again & (tree.kind == NodeKind.ARRAY)
