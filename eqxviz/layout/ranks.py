"""The rank of each node of a level: how far down it stands."""

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]

_ENTRY, _EXIT = 1, 2


def rank(sides: Ids, edges: Ids) -> tuple[Ids, NDArray[np.bool_]]:
    """Return the rank of each node (0 at the top) and which edges run against the ranks.

    `sides` says of each node whether it is inside (0), an entry (1) or an exit (2): entries share
    the top rank and exits the bottom one. A node is one rank below the lowest that it depends on;
    one that depends on nothing stands right above the first that reads it. Edges that close a
    cycle are turned round for this.
    """
    n_nodes = len(sides)
    turned = _closing_cycles(n_nodes, edges)
    tail = np.where(turned, edges[:, 1], edges[:, 0])
    head = np.where(turned, edges[:, 0], edges[:, 1])
    order, after = _sorted_after(n_nodes, tail, head)
    ranks = np.zeros(n_nodes, np.int64)
    ranks[sides == 0] = int(np.any(sides == _ENTRY))
    for node in order:
        for following in after[node]:
            ranks[following] = max(ranks[following], ranks[node] + 1)
    lowest = int(ranks[sides == 0].max(initial=0))
    ranks[sides == _EXIT] = lowest + 1
    depends = np.zeros(n_nodes, np.bool_)
    depends[head] = True
    for node in np.flatnonzero(~depends & (sides == 0)):
        if after[node]:
            ranks[node] = min(int(ranks[following]) for following in after[node]) - 1
    return ranks, turned


def _closing_cycles(n_nodes: int, edges: Ids) -> NDArray[np.bool_]:
    """Return which edges lead back to a node that is still being walked, depth first."""
    out: list[list[tuple[int, int]]] = [[] for _ in range(n_nodes)]
    pairs: list[tuple[int, int]] = edges.tolist()
    for index, (tail, head) in enumerate(pairs):
        out[tail].append((head, index))
    back = np.zeros(len(edges), np.bool_)
    state = bytearray(n_nodes)  # 0 new, 1 on the walk, 2 done
    for start in range(n_nodes):
        if state[start]:
            continue
        walk = [(start, iter(out[start]))]
        state[start] = 1
        while walk:
            node, rest = walk[-1]
            for head, index in rest:
                if state[head] == 0:
                    state[head] = 1
                    walk.append((head, iter(out[head])))
                    break
                if state[head] == 1:
                    back[index] = True
            else:
                state[node] = 2
                walk.pop()
    return back


def _sorted_after(n_nodes: int, tail: Ids, head: Ids) -> tuple[list[int], list[list[int]]]:
    """Return the nodes so that each comes after all it depends on, and who follows each."""
    after: list[list[int]] = [[] for _ in range(n_nodes)]
    waits: list[int] = np.bincount(head, minlength=n_nodes).tolist()
    tails: list[int] = tail.tolist()
    heads: list[int] = head.tolist()
    for above, below in zip(tails, heads, strict=True):
        after[above].append(below)
    order: list[int] = [node for node in range(n_nodes) if not waits[node]]
    for node in order:
        for following in after[node]:
            waits[following] -= 1
            if not waits[following]:
                order.append(following)
    return order, after
