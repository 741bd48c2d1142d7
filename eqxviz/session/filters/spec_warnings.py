"""What is doubtful about a filter: nothing selected, a static trained, an array split."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from eqxviz.records import NodeFlag, NodeKind, ShareKind
from eqxviz.session import formatting

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from eqxviz.session.outline.tree_order import TreeOrder

_MOST_NAMED = 3
_MOST_GROUPS = 2000  # shared subtrees that are compared leaf by leaf


@dataclass(frozen=True)
class SpecWarning:
    """One doubt: what it says, and the nodes that it is about."""

    code: str
    text: str
    nodes: tuple[int, ...] = ()


def warnings_of(order: "TreeOrder", mask: "NDArray[np.bool_]") -> list[SpecWarning]:
    """Return what is doubtful about selecting the leaves in `mask` for training."""
    tree = order.tree
    found = [_amount(order, mask)]
    is_refused = (tree.flags & NodeFlag.REFUSED) != 0
    refused = np.flatnonzero(mask & is_refused)
    if len(refused):
        found.append(
            SpecWarning(
                "refused",
                f"{_named(order, refused)} {_is(refused)} selected, as is_array counts every NumPy "
                "array, but without numbers JAX refuses to trace or to differentiate "
                f"{_it(refused)}.",
                _few(refused),
            )
        )
    static = np.flatnonzero(mask & (tree.kind == NodeKind.STATIC_LEAF) & ~is_refused)
    if len(static):
        found.append(
            SpecWarning(
                "trains-static",
                f"{_named(order, static)} {_is(static)} selected, but {_is(static)} no array: "
                f"filter_grad gives no gradient for {_it(static)}, and jax.grad and an "
                "optimiser's init fail.",
                _few(static),
            )
        )
    is_whole = (tree.kind == NodeKind.ARRAY) & ((tree.flags & NodeFlag.INEXACT) == 0)
    whole = np.flatnonzero(mask & is_whole)
    if len(whole):
        found.append(
            SpecWarning(
                "trains-integers",
                f"{_named(order, whole)} {_is(whole)} selected, but integers, bools and keys have "
                "no gradient: filter_grad gives None, jax.grad fails. Right for jit, not to train.",
                _few(whole),
            )
        )
    found += _split_arrays(order, mask), _split_subtrees(order, mask)
    return [warning for warning in found if warning is not None]


def _amount(order: "TreeOrder", mask: "NDArray[np.bool_]") -> SpecWarning | None:
    n_selected, n_leaves = int(np.count_nonzero(mask)), len(order.leaves)
    if n_leaves == 0:
        return SpecWarning("no-leaves", f"{order.tree.name or 'The tree'} has no leaves.")
    if n_selected == 0:
        return SpecWarning(
            "selects-nothing",
            f"Nothing is selected: none of the {formatting.count(n_leaves)} leaves. The first half "
            "of partition is empty, and nothing would be trained.",
        )
    if n_selected == n_leaves:
        return SpecWarning(
            "selects-everything",
            f"Everything is selected: all {formatting.count(n_leaves)} leaves. The second half of "
            "partition is empty, and nothing is frozen.",
        )
    return None


def _split_arrays(order: "TreeOrder", mask: "NDArray[np.bool_]") -> SpecWarning | None:
    """Warn of arrays found at several places and selected at some of them only."""
    tree = order.tree
    if len(tree.share_kind) == 0:
        return None
    starts = tree.share_offsets[:-1].astype(np.int64)
    members = mask[tree.share_members]
    some, every = np.maximum.reduceat(members, starts), np.minimum.reduceat(members, starts)
    split = np.flatnonzero((tree.share_kind == ShareKind.ARRAY) & some & ~every)
    if len(split) == 0:
        return None
    first = order.tree.places(int(split[0]))
    inside = next(int(n) for n in first if mask[n])
    outside = next(int(n) for n in first if not mask[n])
    more = f" So are {len(split) - 1:,} more." if len(split) > 1 else ""
    return _split(order, inside, outside, more)


def _split_subtrees(order: "TreeOrder", mask: "NDArray[np.bool_]") -> SpecWarning | None:
    """Warn of a Module or container found at several places, a leaf of it selected at some only."""
    tree = order.tree
    groups = np.flatnonzero(tree.share_kind != ShareKind.ARRAY)
    for group in groups[:_MOST_GROUPS].tolist():
        first, *others = (order.below(int(node)) for node in order.tree.places(group))
        for other in others:
            if len(other) != len(first):
                continue  # one of them was cut off
            at = np.flatnonzero(mask[first] != mask[other])
            if len(at):
                pair = int(first[at[0]]), int(other[at[0]])
                inside, outside = pair if mask[pair[0]] else pair[::-1]
                return _split(order, inside, outside, "")
    return None


def _split(order: "TreeOrder", inside: int, outside: int, more: str) -> SpecWarning:
    path = order.tree.path
    return SpecWarning(
        "splits-shared",
        f"{path(inside)} is selected and {path(outside)} is not, though both are one array.{more} "
        "After an update they differ: select both, or neither.",
        (inside, outside),
    )


def _few(nodes: "NDArray[np.intp]") -> tuple[int, ...]:
    return tuple(int(node) for node in nodes[:_MOST_NAMED])


def _is(nodes: "NDArray[np.intp]") -> str:
    return "is" if len(nodes) == 1 else "are"


def _it(nodes: "NDArray[np.intp]") -> str:
    return "it" if len(nodes) == 1 else "them"


def _named(order: "TreeOrder", nodes: "NDArray[np.intp]") -> str:
    """Return "model.activation (<function relu>) and 3 more"."""
    tree = order.tree
    named: list[str] = []
    for node in _few(nodes):
        row = int(tree.leaf[node])
        what = tree.strings[int(tree.leaf_summary[row])] if row >= 0 else ""
        named.append(f"{tree.path(node)} ({formatting.elide_middle(what, 40)})")
    more = len(nodes) - len(named)
    if more:
        return f"{', '.join(named)} and {formatting.count(more)} more"
    return " and ".join(named) if len(named) < 3 else f"{', '.join(named[:-1])} and {named[-1]}"
