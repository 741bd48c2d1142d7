"""Expanding, revealing, sorting and growing a tree, against a plain recursive reading of it."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from eqxviz.records import ModelTree
from eqxviz.session.outline import unfolding
from eqxviz.session.outline.outline import ALL_LEVELS, Change, Outline
from eqxviz.session.outline.sorting import Sorting, order_of
from eqxviz.session.outline.unfolding import parents_of, with_all_below
from tests.session.trees import TREES, Leaf, Nested, begun, large_tree, tree_of

LEAF = Leaf()
MODEL: Nested = {
    ".layers": {"[0]": {".weight": LEAF, ".bias": LEAF}, "[1]": {".weight": LEAF}},
    ".scale": LEAF,
}


def reading(tree: ModelTree, is_open, rank=None, node: int = 0) -> list[int]:
    """Return what shows of a tree, found the slow way."""
    rows = [node]
    if is_open(node):
        children = list(tree.children(node))
        for child in sorted(children, key=rank) if rank else children:
            rows += reading(tree, is_open, rank, child)
    return rows


def expected(outline: Outline, rank=None, only=None) -> list[int]:
    rows = reading(outline.tree, lambda node: bool(outline.expanded[node]), rank)
    return rows if only is None else [row for row in rows if only[row]]


def depth(tree: ModelTree, node: int) -> int:
    return 0 if node == 0 else 1 + depth(tree, int(tree.parent[node]))


def shown(outline: Outline) -> list[str]:
    return [outline.tree.path(int(node)) for node in outline.rows]


def node_of(tree: ModelTree, path: str) -> int:
    return next(node for node in range(len(tree)) if tree.path(node) == path)


def applied(before: np.ndarray, change: Change, after: np.ndarray) -> list[int]:
    """Return `before` with what `change` says put in from `after`."""
    first, removed, inserted = change
    new = after[first : first + inserted].tolist()
    return before[:first].tolist() + new + before[first + removed :].tolist()


@st.composite
def outlines(draw) -> Outline:
    """Outlines of any trees, some nodes unfolded, sorted or not, the order known or not."""
    tree = tree_of(draw(TREES))
    column = draw(st.sampled_from([None, "name", "parameters", "shape"]))
    outline = Outline(tree, draw(st.integers(0, 4)))
    outline.sort_by(column, draw(st.booleans()))
    for node in draw(st.lists(st.integers(0, len(tree) - 1), max_size=6)):
        outline.set_expanded(node, not outline.is_expanded(node))
    if draw(st.booleans()):
        outline.use(order_of(tree, outline.sorting))
    return outline


def rank_in(outline: Outline):
    ranks = outline.sorting.ranks(outline.tree)
    return None if ranks is None else ranks.__getitem__


@settings(deadline=None)
@given(TREES)
def test_a_fully_expanded_outline_lists_every_node_in_reading_order(nested: Nested):
    outline = Outline(tree_of(nested))
    outline.tree.check()
    outline.expand_to_depth(ALL_LEVELS)
    assert outline.rows.tolist() == reading(outline.tree, lambda node: True)
    assert order_of(outline.tree).nodes.tolist() == outline.rows.tolist()


@settings(deadline=None)
@given(outlines(), st.data())
def test_each_change_gives_the_rows_of_a_plain_reading_and_says_which_changed(outline, data):
    tree = outline.tree
    node = st.integers(0, len(tree) - 1)
    steps = st.one_of(
        st.tuples(st.just("set_expanded"), node, st.booleans()),
        st.tuples(st.just("set_expanded_below"), node, st.booleans()),
        st.tuples(st.just("expand_to_depth"), st.integers(-1, 5) | st.just(ALL_LEVELS)),
        st.tuples(st.just("reveal"), st.lists(node, max_size=4)),
        st.tuples(st.just("sort_by"), st.sampled_from([None, "name", "dtype"]), st.booleans()),
        st.tuples(st.just("show_only"), st.lists(node, min_size=1, max_size=4)),
        st.tuples(st.just("show_only"), st.none()),
    )
    only = None
    for name, *args in data.draw(st.lists(steps, max_size=6)):
        if name == "reveal":
            args = [np.array(args[0], np.int32)]
        elif name == "show_only":
            found = np.array(args[0] or [], np.int32)
            only = None if args[0] is None else parents_of(tree, found)
            if only is not None:
                only[found] = True
            args = [only, found]
        before = outline.rows
        change = getattr(outline, name)(*args)
        assert outline.rows.tolist() == expected(outline, rank_in(outline), only)
        assert applied(before, change, outline.rows) == outline.rows.tolist()


@settings(deadline=None)
@given(outlines())
def test_rows_and_depths_of_nodes_are_found(outline):
    rows = outline.rows.tolist()
    for node in range(len(outline.tree)):
        assert outline.row_of(node) == (rows.index(node) if node in rows else -1)
        assert outline.depth_of(node) == depth(outline.tree, node)


@settings(deadline=None)
@given(outlines(), st.data())
def test_revealing_opens_the_ancestors_only(outline, data):
    tree = outline.tree
    nodes = data.draw(st.lists(st.integers(0, len(tree) - 1), max_size=5))
    before, above = outline.expanded.copy(), set()
    for node in nodes:
        while node > 0:
            node = int(tree.parent[node])
            above.add(node)
    outline.reveal(np.array(nodes, np.int32))
    assert set(np.flatnonzero(outline.expanded)) == set(np.flatnonzero(before)) | above
    assert all(outline.row_of(node) >= 0 for node in nodes)


@settings(deadline=None)
@given(TREES, st.integers(0, 4), st.data())
def test_a_tree_that_grows_ends_as_if_it_had_come_at_once(nested, expand_depth, data):
    tree = tree_of(nested)
    column = data.draw(st.sampled_from([None, "name"]))
    sizes = data.draw(st.lists(st.integers(1, len(tree)), max_size=3).map(sorted))
    outline = Outline(begun(tree, (sizes or [len(tree)])[0]), expand_depth)
    outline.sort_by(column)
    for n in sizes[1:]:
        before = outline.rows
        grown = begun(tree, n)
        in_thread = data.draw(st.booleans())
        change = outline.use(order_of(grown, outline.sorting)) if in_thread else outline.grow(grown)
        assert applied(before, change, outline.rows) == outline.rows.tolist()
        assert outline.rows.tolist() == expected(outline, rank_in(outline))
    outline.grow(tree)
    at_once = Outline(tree, expand_depth)
    at_once.sort_by(column)
    assert outline.rows.tolist() == at_once.rows.tolist()
    assert outline.expanded.tolist() == at_once.expanded.tolist()


def test_what_is_unfolded_stays_so_while_the_tree_grows():
    tree = tree_of(MODEL)
    outline = Outline(begun(tree, 4), expand_depth=2)
    first = node_of(tree, "model.layers[0]")
    outline.set_expanded(first, True)
    outline.set_expanded(node_of(tree, "model.layers"), False)
    outline.grow(tree)
    assert shown(outline) == ["model", "model.layers", "model.scale"]
    assert outline.is_expanded(first)


def test_an_order_of_fewer_rows_comes_too_late():
    tree = tree_of(MODEL)
    outline = Outline(tree)
    assert outline.use(order_of(begun(tree, 4))) == Change(0, 0, 0)
    assert outline.tree is tree
    assert outline.order is None


def test_the_first_two_levels_are_open_at_first():
    assert shown(Outline(tree_of(MODEL))) == [
        "model",
        "model.layers",
        "model.layers[0]",
        "model.layers[1]",
        "model.scale",
    ]


def test_folding_one_node_changes_the_rows_below_it_only():
    outline = Outline(tree_of(MODEL))
    assert outline.set_expanded(node_of(outline.tree, "model.layers"), False) == Change(2, 2, 0)
    assert outline.set_expanded(node_of(outline.tree, "model.layers"), True) == Change(2, 0, 2)
    assert outline.set_expanded(node_of(outline.tree, "model.scale"), True) == Change(5, 0, 0)


def test_a_reloaded_model_is_unfolded_and_sorted_as_before():
    before = Outline(tree_of(MODEL), expand_depth=1)
    before.set_expanded(node_of(before.tree, "model.layers[1]"), True)
    before.set_expanded(node_of(before.tree, "model.layers"), True)
    before.sort_by("name", True)
    edited: Nested = {
        ".first": {".weight": LEAF},
        ".layers": {"[1]": {".weight": LEAF, ".new": LEAF}, "[2]": {".weight": LEAF}},
    }
    after = Outline(tree_of(edited))
    change = after.keep_expansion_of(before)
    assert shown(after) == [
        "model",
        "model.layers",
        "model.layers[2]",
        "model.layers[1]",
        "model.layers[1].weight",
        "model.layers[1].new",
        "model.first",
    ]
    assert change.n_inserted > 0


@settings(deadline=None)
@given(TREES, TREES, st.data())
def test_expansion_is_kept_path_by_path(old, new, data):
    before, after = Outline(tree_of(old), 0), Outline(tree_of(new))
    for node in data.draw(st.lists(st.integers(0, len(before.tree) - 1), max_size=6)):
        before.set_expanded(node, True)
    n_first = data.draw(st.integers(1, len(after.tree)))
    outline = Outline(begun(after.tree, n_first))
    open_paths = {before.tree.path(int(n)) for n in np.flatnonzero(before.expanded)}
    after.keep_expansion_of(before)
    outline.keep_expansion_of(before)
    outline.grow(after.tree)
    assert outline.expanded.tolist() == after.expanded.tolist()
    for node in range(len(after.tree)):
        is_inner = after.tree.n_children[node] > 0
        assert after.expanded[node] == (after.tree.path(node) in open_paths and is_inner)


def test_a_column_with_keys_of_its_own_is_sorted_by():
    outline = Outline(tree_of(MODEL))
    by_number = Sorting("mine", True, lambda tree: np.arange(len(tree)))
    outline.sort(by_number)
    assert shown(outline)[1:3] == ["model.scale", "model.layers"]
    assert outline.sorting is by_number


def test_a_column_that_there_is_not_is_told():
    outline = Outline(tree_of(MODEL))
    with pytest.raises(ValueError, match=r"no column 'colour' to sort by.*name, type"):
        outline.sort_by("colour")
    assert outline.sorting == Sorting()


def test_a_large_tree_takes_few_bytes_a_node():
    outline = Outline(large_tree(20, 50))
    outline.use(order_of(outline.tree))
    outline.expand_to_depth(ALL_LEVELS)
    assert outline.order is not None
    columns = (outline.expanded, outline.order.nodes, outline.rows)
    n_bytes = sum(column.nbytes for column in {id(c): c for c in columns}.values())
    assert n_bytes / len(outline.tree) <= 9


def test_what_was_unfolded_is_so_again_once_all_nodes_show():
    tree = tree_of(MODEL)
    outline = Outline(tree, 1)
    before, weight = shown(outline), node_of(tree, "model.layers[1].weight")
    only = parents_of(tree, np.array([weight], np.int32))
    only[weight] = True
    outline.show_only(only, np.array([weight], np.int32))
    assert shown(outline) == ["model", "model.layers", "model.layers[1]", "model.layers[1].weight"]
    assert outline.row_of(node_of(tree, "model.scale")) == -1
    reloaded = Outline(tree)
    reloaded.keep_expansion_of(outline)
    assert shown(reloaded) == before
    outline.show_only(only, np.array([weight], np.int32))
    outline.show_only(None, np.array([], np.int32))
    assert shown(outline) == before


@settings(deadline=None)
@given(TREES, st.data())
def test_all_below_some_nodes_is_found(nested, data):
    tree = tree_of(nested)
    tops = data.draw(st.sets(st.integers(0, len(tree) - 1), max_size=3))
    mask = np.zeros(len(tree), np.bool_)
    mask[list(tops)] = True
    wanted = {row for top in tops for row in reading(tree, lambda node: True, node=top)}
    assert np.flatnonzero(with_all_below(tree, mask)).tolist() == sorted(wanted)


def test_of_a_model_that_was_all_unfolded_new_parts_are_unfolded_too():
    before = Outline(tree_of({".a": {".b": LEAF}}))
    after = tree_of({".a": {".b": LEAF}, ".c": {".d": {".e": LEAF}}})
    kept = Outline(after)
    kept.keep_expansion_of(before)
    assert "model.c" in shown(kept)
    assert "model.c.d" not in shown(kept)
    before.expand_to_depth(ALL_LEVELS)
    kept = Outline(begun(after, 3))
    kept.keep_expansion_of(before)
    kept.grow(after)
    assert len(kept) == len(after)
    before.set_expanded(node_of(before.tree, "model.a"), False)
    kept = Outline(after)
    kept.keep_expansion_of(before)
    assert "model.c.d" not in shown(kept)


def test_once_all_that_was_unfolded_is_found_again_no_more_is_looked_up(
    monkeypatch: pytest.MonkeyPatch,
):
    looked: list[int] = []

    def same_places(before: ModelTree, after: ModelTree, wanted: np.ndarray):
        looked.append(len(after))
        return unfolding.same_places(before, after, wanted)

    monkeypatch.setattr("eqxviz.session.outline.outline.same_places", same_places)
    after = tree_of({f"[{i}]": {".a": {".b": LEAF}} for i in range(9)})
    before, kept = Outline(after, 1), Outline(begun(after, 5))
    before.set_expanded(node_of(after, "model[7]"), True)
    kept.keep_expansion_of(before)
    for n in (9, 12, 20, len(after)):
        kept.grow(begun(after, n))
    assert looked == [5, 9]
    assert shown(kept) == shown(before)
