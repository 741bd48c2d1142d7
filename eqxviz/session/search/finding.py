"""What a query finds in a tree."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from eqxviz.records import ModelTree
from eqxviz.session.outline.sorting import order_of
from eqxviz.session.outline.unfolding import Nodes
from eqxviz.session.search.automaton import StoppedError
from eqxviz.session.search.haystack import Haystack, Known
from eqxviz.session.search.language import Query


@dataclass(frozen=True)
class Found:
    """The nodes that were found, top to bottom; `problem` says why there are none, or not all.

    What `uses_known` is found anew when more is known beside the tree.
    """

    nodes: Nodes
    problem: str = ""
    uses_known: bool = False


def find(
    tree: ModelTree,
    query: Query[Haystack],
    stop: Callable[[], bool] = lambda: False,
    *,
    order: Nodes | None = None,
    known: Known | None = None,
) -> Found:
    """Return the nodes for which `query` holds, in `order` (all nodes) or else in the model's.

    It touches nothing but its arguments and holds up no other thread: a thread can do it. Once
    `stop` is true it gives up, and finds nothing.
    """
    nothing = np.zeros(0, np.int32)
    if query.problem or not query.choices:
        return Found(nothing, query.problem)
    hay = Haystack(tree, known or Known(), stop)
    try:
        found = query.mask(hay, len(tree), stop)
    except StoppedError:
        return Found(nothing)
    if order is None:
        order = order_of(tree).nodes
    problem = " ".join(dict.fromkeys(hay.problems))
    return Found(order[found[order]], problem, hay.uses_known)
