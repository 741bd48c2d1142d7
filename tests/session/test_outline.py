"""Expanding, revealing and searching a tree."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eqxviz.records import Interner, ModelTree, NodeKind, Shapes
from eqxviz.session.outline import Outline

Nested = dict[str, "Nested"]


def tree_of(nested: Nested) -> ModelTree:
    """Return the columns of nested dicts: every empty dict is an array leaf."""
    text = Interner()
    queue: list[tuple[int, str, Nested]] = [(-1, "", nested)]
    first, n_children = [], []
    i = 0
    while i < len(queue):
        children = queue[i][2]
        first.append(len(queue))
        n_children.append(len(children))
        queue.extend((i, f".{name}", child) for name, child in children.items())
        i += 1
    n = len(queue)
    leaf = np.array([-1 if q[2] else 0 for q in queue], np.int32)
    ones = np.ones(n, np.int64)
    keys = np.array([text(q[1]) if q[1] else -1 for q in queue], np.int32)
    return ModelTree(
        revision=0,
        name="model",
        parent=np.array([q[0] for q in queue], np.int32),
        first_child=np.array(first, np.int32),
        n_children=np.array(n_children, np.int32),
        key=keys,
        type=np.where(leaf < 0, 0, 1).astype(np.int32),
        kind=np.where(leaf < 0, NodeKind.CONTAINER, NodeKind.ARRAY).astype(np.uint8),
        flags=np.zeros(n, np.uint32),
        leaf=leaf,
        share=np.full(n, -1, np.int32),
        n_leaves=ones,
        n_params=ones,
        n_bytes=ones,
        leaf_dtype=np.array([text("float32")], np.int32),
        leaf_shape=np.array([0], np.int32),
        leaf_sharding=np.array([-1], np.int32),
        leaf_summary=np.array([text("f32[3]")], np.int32),
        type_name=np.array([text("dict"), text("Array")], np.int32),
        type_module=np.array([-1, -1], np.int32),
        type_file=np.array([-1, -1], np.int32),
        type_line=np.zeros(2, np.int32),
        share_kind=np.zeros(0, np.uint8),
        share_offsets=np.zeros(1, np.uint32),
        share_members=np.zeros(0, np.int32),
        shapes=Shapes.of([(3,)]),
        strings=text.strings(),
    )


def preorder(nested: Nested, prefix: str = "model") -> list[str]:
    rows = [prefix]
    for name, child in nested.items():
        rows += preorder(child, f"{prefix}.{name}")
    return rows


MODEL: Nested = {"layers": {"a": {"weight": {}, "bias": {}}, "b": {"weight": {}}}, "scale": {}}
NESTED = st.recursive(
    st.just({}), lambda kids: st.dictionaries(st.text("abc", min_size=1), kids, max_size=4)
)


def shown(outline: Outline) -> list[str]:
    return [outline.tree.path(int(n)) for n in outline.rows]


@given(NESTED)
def test_a_fully_expanded_outline_lists_every_node_in_reading_order(nested: Nested):
    tree = tree_of(nested)
    tree.check()
    outline = Outline(tree)
    outline.set_expanded_below(0, True)
    assert shown(outline) == preorder(nested)


@given(NESTED, st.data())
def test_a_row_is_visible_exactly_when_all_its_ancestors_are_expanded(nested: Nested, data):
    tree = tree_of(nested)
    outline = Outline(tree, expand_depth=0)
    for node in data.draw(st.lists(st.integers(0, len(tree) - 1), max_size=8)):
        outline.set_expanded(node, not outline.expanded[node])
    for node in range(len(tree)):
        ancestors, at = [], int(tree.parent[node])
        while at >= 0:
            ancestors.append(at)
            at = int(tree.parent[at])
        assert (outline.row_of(node) >= 0) == all(outline.expanded[a] for a in ancestors)


def test_the_first_two_levels_are_open_at_first():
    assert shown(Outline(tree_of(MODEL))) == [
        "model",
        "model.layers",
        "model.layers.a",
        "model.layers.b",
        "model.scale",
    ]


def test_revealing_a_node_opens_its_ancestors_only():
    outline = Outline(tree_of(MODEL), expand_depth=0)
    target = next(n for n in range(len(outline.tree)) if outline.tree.path(n).endswith("b.weight"))
    outline.reveal(np.array([target], np.int32))
    assert outline.row_of(target) >= 0
    assert "model.layers.a.bias" not in shown(outline)


def test_search_looks_into_keys_types_and_summaries():
    outline = Outline(tree_of(MODEL))
    found = [outline.tree.path(int(n)) for n in outline.search("WEIGHT")]
    assert found == ["model.layers.a.weight", "model.layers.b.weight"]
    assert len(outline.search("f32[3]")) == 4
    assert len(outline.search("dict")) == 4
    assert len(outline.search("float32")) == 4
    assert len(outline.search("  ")) == 0


def test_search_with_a_dot_looks_into_paths():
    outline = Outline(tree_of(MODEL))
    found = [outline.tree.path(int(n)) for n in outline.search("a.weight")]
    assert found == ["model.layers.a.weight"]
