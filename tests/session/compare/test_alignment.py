"""Two trees are aligned by path, and what differs is told as it is."""

import time
from typing import Any

import jax.numpy as jnp
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import eqxcore as eqx
from eqxviz.analysis import model_tree
from eqxviz.records import ModelTree
from eqxviz.session.compare.alignment import Alignment, Change, align


def tree_of(value: Any) -> ModelTree:
    return model_tree(value, "m", 1)


def changed(alignment: Alignment) -> dict[str, Change]:
    """The changes by path, those of B where A has none."""
    found: dict[str, Change] = {}
    for row in np.flatnonzero(alignment.changes).tolist():
        ours, other = int(alignment.before_node[row]), int(alignment.after_node[row])
        path = alignment.before.path(ours) if ours >= 0 else alignment.after.path(other)
        found[path] = Change(int(alignment.changes[row]))
    return found


def compared(before: Any, after: Any) -> dict[str, Change]:
    return changed(align(tree_of(before), tree_of(after)))


LEAVES = st.sampled_from(
    [0, 1, True, "a", "b", 0.5, None, np.zeros(2, np.float32), np.zeros(3, np.float32),
     np.zeros(2, np.int32), np.zeros((2, 2), np.float32)]
)  # fmt: skip
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from("abcde"), inner, max_size=4)
        | st.tuples(inner, inner)
    ),
    max_leaves=16,
)


def paths_of(tree: ModelTree) -> dict[str, int]:
    return {tree.path(node): node for node in range(len(tree))}


def is_inner(tree: ModelTree, node: int) -> bool:
    return int(tree.kind[node]) <= 2


@given(TREES, TREES)
def test_what_both_have_at_a_path_is_paired_and_the_rest_is_told_once(a, b):
    before, after = tree_of(a), tree_of(b)
    found = align(before, after)
    renamed = (found.changes & Change.RENAMED) != 0
    ours, others = paths_of(before), paths_of(after)
    pairs = [
        (before.path(i), after.path(j))
        for i, j, r in zip(found.before_node, found.after_node, renamed, strict=True)
        if i >= 0 and j >= 0 and not r
    ]
    if not renamed.any():
        # A pair is due for each path of both whose parents are paired as inner nodes.
        due, waiting = [], ["m"]
        while waiting:
            path = waiting.pop()
            due.append((path, path))
            i, j = ours[path], others[path]
            if is_inner(before, i) and is_inner(after, j):
                shared = {before.path(c) for c in before.children(i)} & set(others)
                waiting += sorted(shared)
        assert sorted(pairs) == sorted(due)
    for nodes in (found.before_node, found.after_node):
        known = nodes[nodes >= 0]
        assert len(np.unique(known)) == len(known)


@given(TREES)
def test_a_tree_does_not_differ_from_itself(value):
    alignment = align(tree_of(value), tree_of(value))
    assert not alignment.changes.any()
    assert np.array_equal(alignment.before_node, alignment.after_node)


@given(TREES, TREES)
def test_the_other_way_round_the_same_differs(a, b):
    there, back = align(tree_of(a), tree_of(b)), align(tree_of(b), tree_of(a))
    swapped = {Change.ONLY_BEFORE: Change.ONLY_AFTER, Change.ONLY_AFTER: Change.ONLY_BEFORE}
    counts = [sorted(Change(int(c)) for c in alignment.changes if c) for alignment in (there, back)]
    assert sorted(swapped.get(c, c) for c in counts[0]) == counts[1]


def test_each_kind_of_change_is_told():
    before = {
        "only_a": 1, "kind": np.ones(2), "shape": np.ones(2), "dtype": np.ones(2),
        "static": "relu", "type": [1, 2], "same": np.ones(3), "weak": jnp.asarray(1.0),
    }  # fmt: skip
    after = {
        "only_b": 1, "kind": None, "shape": np.ones(3), "dtype": np.ones(2, np.int32),
        "static": "tanh", "type": (1, 2), "same": np.ones(3), "weak": jnp.ones((), jnp.float32),
    }  # fmt: skip
    assert compared(before, after) == {
        "m['only_a']": Change.ONLY_BEFORE, "m['only_b']": Change.ONLY_AFTER,
        "m['kind']": Change.KIND, "m['shape']": Change.SHAPE, "m['dtype']": Change.DTYPE,
        "m['static']": Change.STATIC, "m['type']": Change.TYPE, "m['weak']": Change.WEAK_TYPE,
    }  # fmt: skip


def test_numpy_in_place_of_jax_is_another_place():
    assert compared([np.ones(2, np.float32)], [jnp.ones(2)]) == {"m[0]": Change.PLACE}


def test_a_subtree_under_another_key_was_renamed():
    inner = {"w": np.ones((2, 3)), "b": [np.ones(3), 1]}
    assert compared({"old": inner, "x": 1}, {"new": inner, "x": 1}) == {
        "m['old']": Change.RENAMED,
    }
    other = {"w": np.ones((2, 4)), "b": [np.ones(3), 1]}
    assert compared({"old": inner}, {"new": other}) == {
        "m['old']": Change.ONLY_BEFORE,
        "m['new']": Change.ONLY_AFTER,
    }


def test_below_what_is_a_leaf_on_one_side_nothing_more_is_told():
    assert compared({"a": [1, [2, 3]]}, {"a": np.ones(2)}) == {"m['a']": Change.KIND}


class Net(eqx.Module):
    size: int = eqx.field(static=True)
    layers: list


def test_static_fields_of_modules_are_compared():
    assert compared(Net(3, [np.ones(2)]), Net(4, [np.ones(2)])) == {"m.size": Change.STATIC}


def test_half_a_million_leaves_take_about_a_second():
    layers = [{f"p{i}": np.zeros(2, np.float32) for i in range(100)} for _ in range(1000)]
    before = tree_of({"layers": layers, "head": 1})
    after = tree_of({"layers": [*layers[:500], layers[0], *layers[500:]], "tail": 1})
    start = time.perf_counter()
    found = align(before, after)
    assert time.perf_counter() - start < 5
    assert {str(c) for c in changed(found)} == {"m['layers'][1000]", "m['head']", "m['tail']"}
