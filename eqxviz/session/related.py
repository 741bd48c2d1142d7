"""What a node of a tree has to do with others: the same object, optimiser state, gradients."""

from collections.abc import Iterator

import numpy as np

from eqxviz.records import ModelTree, NodeKind
from eqxviz.session import formatting
from eqxviz.session.facts import Fact
from eqxviz.session.outline.unfolding import ranges_below
from eqxviz.session.paths import python_path
from eqxviz.session.selection import Selection
from eqxviz.session.xray import XRay, place_of

_MOST_PLACES = 40
_MOST_STATES = 12


def sharing_facts(tree: ModelTree, node: int) -> Iterator[Fact]:
    """Yield the other places of the same object, each a link."""
    places = tree.places(int(tree.share[node]))
    if not len(places):
        return
    others = [int(place) for place in places[: _MOST_PLACES + 1] if place != node][:_MOST_PLACES]
    for other in others:
        yield Fact("Same object", python_path(tree, other).text, _to(other), is_mono=True)
    if (n_more := len(places) - 1 - len(others)) > 0:
        yield Fact("Same object", f"and {n_more:,} more places")
    if int(tree.kind[node]) != NodeKind.ARRAY:
        yield Fact(
            "Note",
            "A transformation copies it: after a gradient update the places are independent. "
            "Store it once, or use nn.Shared.",
        )


def state_facts(tree: ModelTree, node: int) -> Iterator[Fact]:
    """Yield what an optimiser keeps for `node` and below, or whose state `node` is."""
    row = int(np.searchsorted(tree.state_node, node))
    if row < len(tree.state_node) and int(tree.state_node[row]) == node:
        param, name = int(tree.state_param[row]), tree.strings[int(tree.state_name[row])]
        yield Fact(f"{name} of", python_path(tree, param).text, _to(param), is_mono=True)
        return
    if tree.n_children[node]:
        yield from _state_totals(tree, node)
        return
    rows = np.flatnonzero(tree.state_param == node)
    for row in rows[:_MOST_STATES].tolist():
        state, name = int(tree.state_node[row]), tree.strings[int(tree.state_name[row])]
        what = tree.strings[int(tree.leaf_summary[int(tree.leaf[state])])]
        size = formatting.n_bytes(int(tree.n_bytes[state]))
        yield Fact("Optimiser", f"{name} {what}, {size}", _to(state), is_mono=True)
    if len(rows) > _MOST_STATES:
        yield Fact("Optimiser", f"and {len(rows) - _MOST_STATES:,} more")


def gradient_facts(xray: XRay, node: int) -> Iterator[Fact]:
    """Yield where a leaf receives a gradient, or lacks one, if that was seen."""
    marks = xray.gradients
    if marks is None:
        return
    index = int(marks.gets[node] if marks.gets[node] >= 0 else marks.lacks[node])
    if index < 0 or not xray.keys("gradient")[node]:
        return
    seen = marks.seen[index]
    link = Selection(kind="source", file=seen.file, line=seen.line) if seen.line else None
    name = "Gradient in" if marks.gets[node] >= 0 else "No gradient in"
    yield Fact(name, place_of(seen), link)


def _state_totals(tree: ModelTree, node: int) -> Iterator[Fact]:
    """Yield the size of what an optimiser keeps for the parameters below `node`."""
    is_below = np.zeros(len(tree.state_param), np.bool_)
    if not len(is_below):
        return
    for level in ranges_below(tree, node):
        is_below |= (tree.state_param >= level.start) & (tree.state_param < level.stop)
    names, index = np.unique(tree.state_name[is_below], return_inverse=True)
    sizes = np.bincount(index, tree.n_bytes[tree.state_node[is_below]], len(names)).astype(int)
    words = [tree.strings[int(name)] for name in names]
    if len(words) and len(set(sizes.tolist())) == 1:
        times = f"{len(words)} × " if len(words) > 1 else ""
        total = f"{times}{formatting.n_bytes(int(sizes[0]))} ({', '.join(words)})"
        yield Fact("Optimiser state", total)
    elif len(words):
        each = zip(words, sizes.tolist(), strict=True)
        parts = (f"{word} {formatting.n_bytes(size)}" for word, size in each)
        yield Fact("Optimiser state", ", ".join(parts))


def _to(node: int) -> Selection:
    return Selection(kind="node", node=node)
