"""Leaves of two places that stand for the same thing are paired."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from eqxviz.analysis import model_tree
from eqxviz.records import ModelTree
from eqxviz.records.counterparts import is_copy, pairs_below, words


def node_at(tree: ModelTree, path: str) -> int:
    return next(n for n in range(len(tree)) if tree.path(n) == path)


def pairs(value: Any, start: str, *places: str, several: bool = False) -> list[Any]:
    """Return the pairs of paths for each place, None for one that does not fit."""
    tree = model_tree(value, "t", 1)
    nodes = np.array([node_at(tree, place) for place in places], np.int32)
    found, fits = pairs_below(tree, node_at(tree, start), tree, nodes, several=several)
    rows = list(zip(found.first, found.second, found.place, strict=True))
    return [
        [(tree.path(int(a)), tree.path(int(b))) for a, b, p in rows if p == i] if fits[i] else None
        for i in range(len(places))
    ]


def test_leaves_are_paired_by_their_keys():
    one = {"w": jnp.ones(2), "name": "x"}
    other = {"w": jnp.zeros(3), "name": "y"}
    assert pairs([one, other], "t[0]", "t[1]") == [[("t[0]['w']", "t[1]['w']")]]


def test_other_keys_or_numbers_of_children_do_not_fit():
    trees = [
        {"w": jnp.ones(2)},
        {"v": jnp.ones(2)},
        {"w": jnp.ones(2), "b": 1},
        {"w": [jnp.ones(2)]},
    ]
    assert pairs(trees, "t[0]", "t[1]", "t[2]", "t[3]") == [None, None, None]


def test_none_is_paired_with_everything_at_its_place():
    trees = [{"a": None, "b": jnp.ones(2)}, {"a": [jnp.ones(2), jnp.ones(3)], "b": jnp.ones(2)}]
    (found,) = pairs(trees, "t[0]", "t[1]")
    assert sorted(found) == [
        ("t[0]['a']", "t[1]['a'][0]"),
        ("t[0]['a']", "t[1]['a'][1]"),
        ("t[0]['b']", "t[1]['b']"),
    ]
    # The other way round an array would have no leaf.
    assert pairs(trees, "t[1]", "t[0]") == [None]


def test_several_arrays_may_stand_for_one_where_that_is_asked_for():
    trees = [[[jnp.ones(2), jnp.ones(3)]], [jnp.ones((2, 3))]]
    assert pairs(trees, "t[0]", "t[1]") == [None]
    (found,) = pairs(trees, "t[0]", "t[1]", several=True)
    assert found == [("t[0][0][0]", "t[1][0]"), ("t[0][0][1]", "t[1][0]")]


def test_words_of_paths_tell_copies():
    assert words("state.gen_opt[0].mu") == {"state", "gen", "opt", "mu"}
    assert is_copy("state.ema_model.layers")
    assert is_copy("target['w']")
    assert not is_copy("model.layers[0].weight")
