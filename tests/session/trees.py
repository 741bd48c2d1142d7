"""Model trees made of columns, without JAX: small ones from nested dicts, and a very large one."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from eqxviz.records import Interner, ModelTree, NodeFlag, NodeKind, Shapes

_SHORT = {"float32": "f32", "bfloat16": "bf16", "int32": "i32"}


class Leaf(NamedTuple):
    """A leaf: an array, unless it has no dtype."""

    dtype: str = "float32"
    shape: tuple[int, ...] = (3,)
    summary: str = ""
    kind: NodeKind = NodeKind.ARRAY
    flags: int = 0

    @property
    def text(self) -> str:
        if not self.dtype:
            return self.summary
        return f"{_SHORT[self.dtype]}[{','.join(map(str, self.shape))}]"


Nested = dict[str, "Nested | Leaf"]

ARRAYS = st.builds(
    Leaf,
    st.sampled_from(list(_SHORT)),
    st.lists(st.integers(0, 12), max_size=3).map(tuple),
    summary=st.just(""),
    kind=st.just(NodeKind.ARRAY),
    flags=st.sampled_from([0, int(NodeFlag.WEAK_TYPE), int(NodeFlag.NUMPY)]),
)
OTHERS = st.builds(
    Leaf,
    st.just(""),
    st.just(()),
    st.sampled_from(["True", "'gelu'", "<function relu>", "0.5", "12", "ä"]),
    st.sampled_from([NodeKind.STATIC_LEAF, NodeKind.STATIC_FIELD]),
    flags=st.just(0),
)
KEYS = st.sampled_from([".a", ".b", ".Weight", ".ab", "[0]", "[1]", "[10]", "['a.b']", "['ä']"])
TREES = st.recursive(
    st.one_of(ARRAYS, OTHERS, st.just({})),
    lambda below: st.dictionaries(KEYS, below, max_size=4),
).filter(lambda nested: isinstance(nested, dict))


def tree_of(nested: Nested) -> ModelTree:
    """Return the columns of nested dicts; an empty one is None."""
    text, shapes = Interner(), {(): 0}
    queue: list[tuple[int, str, Nested | Leaf]] = [(-1, "", nested)]
    first, n_children = [], []
    i = 0
    while i < len(queue):
        below = queue[i][2]
        children = below if isinstance(below, dict) else {}
        first.append(len(queue))
        n_children.append(len(children))
        queue.extend((i, key, child) for key, child in children.items())
        i += 1
    values = [value for _, _, value in queue]
    leaves = [value for value in values if isinstance(value, Leaf)]
    leaf, kind, flags, size = [], [], [], []
    n_seen = 0
    for value in values:
        is_leaf = isinstance(value, Leaf)
        is_array = is_leaf and bool(value.dtype)
        leaf.append(n_seen if is_leaf else -1)
        n_seen += is_leaf
        inner = NodeKind.CONTAINER if value else NodeKind.NONE
        kind.append(value.kind if is_leaf else inner)
        inexact = NodeFlag.INEXACT if is_array and "float" in value.dtype else 0
        own = (NodeFlag.TRACED | inexact) if is_array else 0
        flags.append(int(own) | (value.flags if is_leaf else 0))
        size.append(int(np.prod(value.shape)) if is_array else 0)
    is_leaf = [k in (NodeKind.ARRAY, NodeKind.STATIC_LEAF) for k in kind]
    totals = np.array([is_leaf, size, [4 * n for n in size]])
    for node in range(len(queue) - 1, 0, -1):
        totals[:, queue[node][0]] += totals[:, node]
    names = ["Array" if isinstance(v, Leaf) else "dict" if v else "NoneType" for v in values]
    types = list(dict.fromkeys(names))

    def ids(texts: list[str]) -> np.ndarray:
        return np.array([text(t) if t else -1 for t in texts], np.int32)

    n_types = len(types)
    return ModelTree(
        revision=0,
        name="model",
        parent=np.array([q[0] for q in queue], np.int32),
        first_child=np.array(first, np.int32),
        n_children=np.array(n_children, np.int32),
        key=ids([q[1] for q in queue]),
        type=np.array([types.index(n) for n in names], np.int32),
        kind=np.array(kind, np.uint8),
        flags=np.array(flags, np.uint32),
        leaf=np.array(leaf, np.int32),
        share=np.full(len(queue), -1, np.int32),
        n_leaves=totals[0].astype(np.int32),
        n_params=totals[1].astype(np.int64),
        n_bytes=totals[2].astype(np.int64),
        leaf_dtype=ids([v.dtype for v in leaves]),
        leaf_shape=np.array(
            [shapes.setdefault(v.shape, len(shapes)) if v.dtype else -1 for v in leaves], np.int32
        ),
        leaf_sharding=ids(["cpu:0" if v.dtype else "" for v in leaves]),
        leaf_summary=ids([v.text for v in leaves]),
        type_name=ids(types),
        type_module=np.full(n_types, -1, np.int32),
        type_file=np.full(n_types, -1, np.int32),
        type_line=np.zeros(n_types, np.int32),
        share_kind=np.zeros(0, np.uint8),
        share_offsets=np.zeros(1, np.uint32),
        share_members=np.zeros(0, np.int32),
        shapes=Shapes.of(list(shapes)),
        strings=text.strings(),
    )


def begun(tree: ModelTree, n: int) -> ModelTree:
    """Return the first `n` rows of `tree`, as if the others were still to come."""
    columns = ("parent", "first_child", "n_children", "key", "type", "kind", "flags", "leaf")
    columns += ("share", "n_leaves", "n_params", "n_bytes")
    return replace(tree, **{c: getattr(tree, c)[:n] for c in columns}, is_complete=False)


def large_tree(n_blocks: int = 1000, n_layers: int = 200) -> ModelTree:
    """Return `n_blocks` blocks of `n_layers` layers of five leaves each."""
    one = tree_of(
        {
            ".weight": Leaf("float32", (64, 64)),
            ".bias": Leaf("float32", (64,)),
            ".scale": Leaf("bfloat16", ()),
            ".activation": Leaf("", (), "<function gelu>", NodeKind.STATIC_LEAF),
            ".in_features": Leaf("", (), "64", NodeKind.STATIC_FIELD),
        }
    )
    text = Interner()
    texts = [one.strings[i] for i in range(len(one.strings))]
    for t in (*texts, ".blocks", ".layers", "Block", "list", "Linear"):
        text(t)
    items = np.array([text(f"[{i}]") for i in range(max(n_blocks, n_layers))], np.int32)
    inner = [1, 1, n_blocks, n_blocks, n_blocks * n_layers]
    counts = [1, n_blocks, 1, n_layers, 5]
    keys = [
        np.array([-1]),
        np.array([text(".blocks")]),
        items[:n_blocks],
        np.full(n_blocks, text(".layers")),
        np.tile(items[:n_layers], n_blocks),
    ]
    n_inner, n_linear = sum(inner), inner[-1]
    n_children = np.concatenate([*map(np.full, inner, counts), np.zeros(5 * n_linear, int)])
    starts = 1 + np.cumsum(n_children) - n_children
    leaf = np.full(n_inner + 5 * n_linear, -1)
    leaf[n_inner:] = np.tile(np.arange(5), n_linear)

    def of_leaves(column: np.ndarray, inside: np.ndarray) -> np.ndarray:
        return np.concatenate([inside, np.tile(column[1:], n_linear)])

    def total(column: np.ndarray) -> np.ndarray:
        of_one = int(column[1:].sum())
        n = np.repeat([n_linear, n_linear, n_layers, n_layers, 1], inner)
        return of_leaves(column, n * of_one)

    type_names = [text(t) for t in ("Array", "Block", "list", "Linear")]
    kinds = (NodeKind.MODULE, NodeKind.CONTAINER, NodeKind.MODULE, NodeKind.CONTAINER)
    return replace(
        one,
        strings=text.strings(),
        parent=np.concatenate([[-1], np.repeat(np.arange(len(n_children)), n_children)]).astype(
            np.int32
        ),
        first_child=starts.astype(np.int32),
        n_children=n_children.astype(np.int32),
        key=of_leaves(one.key, np.concatenate(keys)).astype(np.int32),
        type=of_leaves(np.zeros(6), np.repeat([1, 2, 1, 2, 3], inner)).astype(np.int32),
        kind=of_leaves(one.kind, np.repeat([*kinds, NodeKind.MODULE], inner)).astype(np.uint8),
        flags=of_leaves(one.flags, np.zeros(n_inner)).astype(np.uint32),
        leaf=leaf.astype(np.int32),
        share=np.full(len(leaf), -1, np.int32),
        n_leaves=total(one.n_leaves).astype(np.int32),
        n_params=total(one.n_params),
        n_bytes=total(one.n_bytes),
        type_name=np.array(type_names, np.int32),
        type_module=np.full(4, -1, np.int32),
        type_file=np.full(4, -1, np.int32),
        type_line=np.zeros(4, np.int32),
    )
