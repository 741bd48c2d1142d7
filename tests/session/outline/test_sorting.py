"""The order of siblings by each column."""

import numpy as np
import pytest

from eqxviz.records import ModelTree, NodeKind
from eqxviz.session.outline.outline import Outline
from eqxviz.session.outline.sorting import COLUMNS, Sorting
from tests.session.trees import Leaf, tree_of

STATIC = NodeKind.STATIC_LEAF


def sorted_keys(children: dict, column: str, descending: bool = False) -> list[str]:
    """Return the keys of the root's children as they are listed."""
    outline = Outline(tree_of(children), 1)
    outline.sort_by(column, descending)
    tree = outline.tree
    return [tree.strings[int(tree.key[node])] for node in outline.rows[1:]]


def text(summary: str) -> Leaf:
    return Leaf("", (), summary, STATIC)


def test_names_are_sorted_as_a_reader_would():
    keys = ["[10]", "[9]", "[1]", ".Beta", ".alpha"]
    children = {key: Leaf() for key in keys}
    assert sorted_keys(children, "name") == [".alpha", ".Beta", "[1]", "[9]", "[10]"]
    assert sorted_keys(children, "name", True) == ["[10]", "[9]", "[1]", ".Beta", ".alpha"]


def test_values_that_are_numbers_are_sorted_by_value():
    children = {
        ".a": text("0.5"),
        ".b": text("-3"),
        ".c": text("0.125"),
        ".d": text("'x'"),
        ".e": text("10"),
        ".f": text("1e-3"),
    }
    assert sorted_keys(children, "value") == [".b", ".f", ".c", ".a", ".e", ".d"]


def test_shapes_are_sorted_by_rank_and_then_by_their_axes():
    children = {
        ".a": Leaf(shape=(10, 2)),
        ".b": Leaf(shape=(9, 3)),
        ".c": Leaf(shape=(100,)),
        ".d": Leaf(shape=()),
        ".e": text("no array"),
    }
    assert sorted_keys(children, "shape") == [".d", ".c", ".b", ".a", ".e"]
    assert sorted_keys(children, "shape", True) == [".a", ".b", ".c", ".d", ".e"]


def test_what_has_no_dtype_comes_last_in_both_directions():
    children = {".a": text("x"), ".b": Leaf("int32"), ".c": Leaf("bfloat16"), ".d": {}}
    assert sorted_keys(children, "dtype") == [".c", ".b", ".a", ".d"]
    assert sorted_keys(children, "dtype", True) == [".b", ".c", ".a", ".d"]


@pytest.mark.parametrize("column", ["parameters", "bytes", "leaves"])
def test_totals_are_sorted_by_number_and_equals_keep_the_models_order(column: str):
    below = {"[0]": Leaf(shape=(2,)), "[1]": Leaf(shape=(2,))}
    children = {".a": Leaf(shape=(1,)), ".b": below, ".c": below, ".d": {}}
    assert sorted_keys(children, column) == [".d", ".a", ".b", ".c"]
    assert sorted_keys(children, column, True) == [".b", ".c", ".a", ".d"]


def test_each_column_gives_a_key_of_each_node():
    tree = tree_of({".a": Leaf(), ".b": {"[0]": text("1")}, ".c": {}})
    for column in COLUMNS:
        ranks = Sorting(column).ranks(tree)
        assert ranks is not None
        assert len(ranks) == len(tree)


def test_many_names_are_sorted_like_few():
    keys = [f".k{i}" for i in range(3000)]
    shuffled = np.random.default_rng(0).permutation(keys).tolist()
    assert sorted_keys({key: Leaf() for key in shuffled}, "name") == keys


def test_a_key_may_be_negative_for_none():
    def by_size(tree: ModelTree) -> np.ndarray:
        return np.where(tree.n_params > 1, tree.n_params, -1)

    tree = tree_of({".a": Leaf(shape=(1,)), ".b": Leaf(shape=(3,)), ".c": Leaf(shape=(2,))})
    outline = Outline(tree, 1)
    outline.sort(Sorting("size", False, by_size))
    assert [tree.path(int(n)) for n in outline.rows[1:]] == ["model.c", "model.b", "model.a"]
