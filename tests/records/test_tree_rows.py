"""A tree that comes in parts is the tree that comes at once, and a wrong part is refused."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from eqxviz.analysis import NodeIndex, model_tree, nodes_of, tree
from eqxviz.records import CodecError, GrowingTree, ModelTree, TreeRows
from eqxviz.records.codec import decode, encode


def layers(n: int) -> Any:
    shared = np.zeros((2, 3), np.float32)
    return [{"w": np.zeros(i % 3, np.float32), "name": f"layer {i}", "s": shared} for i in range(n)]


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "_AT_ONCE", 7)
    monkeypatch.setattr(tree, "_FIRST_NODES", 10)
    monkeypatch.setattr(tree, "_PART_NODES", 5)


def parts_of(index: NodeIndex) -> list[TreeRows]:
    parts = [index.next_part(0)]
    while parts[-1].end is None:
        parts.append(index.next_part(0))
    return parts


def over_the_wire(part: TreeRows) -> TreeRows:
    frame = encode(part)
    request, decoded = decode(bytes(frame[1]), b"".join(bytes(p) for p in frame[2:]))
    assert request == -1
    assert isinstance(decoded, TreeRows)
    return decoded


def assembled(index: NodeIndex) -> ModelTree:
    growing = GrowingTree(index.first_part(0))
    for part in parts_of(index):
        growing.add(over_the_wire(part))
    return growing.tree()


def seen(tree: ModelTree) -> list[tuple[Any, ...]]:
    """What a view can see of each node: texts come in another order where parts are smaller."""
    text, own = (
        tree.strings,
        ("kind", "flags", "n_leaves", "n_params", "n_bytes", "parent", "share"),
    )
    found: list[tuple[Any, ...]] = []
    for node in range(len(tree)):
        leaf, kind = int(tree.leaf[node]), int(tree.type[node])
        looks = tuple(text[int(c[kind])] for c in (tree.type_name, tree.type_module))
        if leaf >= 0:
            looks += tuple(text[int(c[leaf])] for c in (tree.leaf_summary, tree.leaf_dtype))
        numbers = tuple(int(getattr(tree, name)[node]) for name in own)
        found.append((tree.path(node), tree.children(node), tree.shape(node), looks, numbers))
    return found


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize(
    "value",
    [
        pytest.param(layers(20), id="layers"),
        pytest.param([[[]] * 5] * 30, id="shared lists"),
        pytest.param({"a": [{}, None] * 9}, id="empty"),
    ],
)
def test_the_parts_of_a_tree_are_the_tree(value: Any):
    found = assembled(nodes_of(value, "model"))
    found.check()
    whole = model_tree(value, "model", 0)
    assert found.is_complete
    assert seen(found) == seen(whole)
    assert found.share_members.tolist() == whole.share_members.tolist()


@pytest.mark.usefixtures("small_parts")
def test_an_incomplete_tree_is_sound_and_is_not_changed_by_what_comes_later():
    index = nodes_of(layers(20), "model")
    first = index.first_part(0)
    first.check()
    assert not first.is_complete
    assert first.children(0) == range(1, len(first))
    growing = GrowingTree(first)
    before = growing.tree()
    copy = ModelTree(
        **{n: np.copy(v) if isinstance(v, np.ndarray) else v for n, v in vars(before).items()}
    )
    for part in parts_of(index):
        growing.add(part)
        growing.tree().check()
    assert before == copy
    assert int(growing.tree().n_params[0]) > 0 == int(before.n_params[0])


@pytest.mark.usefixtures("small_parts")
def test_where_nothing_is_shared_that_takes_no_memory():
    whole = assembled(nodes_of([{"w": np.zeros(i % 3, np.float32)} for i in range(40)]))
    assert whole.is_complete
    assert whole.share.tolist() == [-1] * len(whole)
    assert whole.share.strides == (0,)


@pytest.mark.usefixtures("small_parts")
def test_the_whole_may_be_asked_for_in_the_middle():
    index = nodes_of(layers(20), "model")
    growing = GrowingTree(index.first_part(0))
    growing.add(index.next_part(0))
    whole = index.tree(0)
    for part in parts_of(index):
        growing.add(part)
    assert seen(growing.tree()) == seen(whole)


def test_a_small_tree_is_complete_at_once():
    first = nodes_of(layers(100), "model").first_part(3)
    assert first.is_complete
    assert first == model_tree(layers(100), "model", 3)


def test_a_part_that_is_not_the_next_one_is_refused(small_parts: None):
    index = nodes_of(layers(20), "model")
    growing = GrowingTree(index.first_part(0))
    skipped, part = index.next_part(0), index.next_part(0)
    with pytest.raises(CodecError, match=r"rows=15.* came where .*rows=10"):
        growing.add(part)
    growing.add(skipped)
    with pytest.raises(CodecError, match="of revision 1 came where"):
        growing.add(replace(part, revision=1))


def test_more_rows_than_there_are_children_are_refused(small_parts: None):
    index = nodes_of(layers(4), "model")
    growing = GrowingTree(index.first_part(0))
    [part, *_] = parts_of(index)
    orphans = {
        name: np.repeat(getattr(part, name), 9)
        for name in ("n_children", "key", "type", "kind", "flags", "leaf", "n_params", "n_bytes")
    }
    with pytest.raises(CodecError, match=r"rows have come, and their children make \d+"):
        growing.add(replace(part, **orphans))


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("n_children", [-1], "n_children falls below zero"),
        ("kind", [99], "99, which is no kind"),
        ("key", [1000], r"key holds an id outside -1"),
        ("leaf", [1000], r"leaf holds an id outside -1"),
        ("type", [1000], r"type holds an id outside -1"),
        ("flags", [0, 0], "differ in length"),
    ],
)
def test_a_part_that_contradicts_itself_is_refused(
    small_parts: None, column: str, values: list[int], message: str
):
    index = nodes_of(layers(20), "model")
    index.first_part(0)
    part = index.next_part(0)
    wrong = getattr(part, column).copy()
    wrong = np.resize(np.array(values, wrong.dtype), len(wrong) + (len(values) > 1))
    with pytest.raises(CodecError, match=message):
        replace(part, **{column: wrong}).check()


def test_totals_for_other_nodes_than_there_are_are_refused(small_parts: None):
    index = nodes_of(layers(4), "model")
    growing = GrowingTree(index.first_part(0))
    *parts, last = parts_of(index)
    for part in parts:
        growing.add(part)
    assert last.end is not None
    totals = {name: getattr(last.end, name)[1:] for name in ("n_leaves", "n_params", "n_bytes")}
    with pytest.raises(CodecError, match="4 totals came for 5 inner nodes"):
        growing.add(replace(last, end=replace(last.end, **totals)))
