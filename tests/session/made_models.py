"""Models of every shape, and filter specs over them, for properties of filters."""

from collections import namedtuple
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st

import eqxcore as eqx
from eqxviz.session.filters.filter_spec import Edit, FilterSpec
from eqxviz.session.filters.predicates import Predicate
from eqxviz.session.outline.tree_order import TreeOrder

Pair = namedtuple("Pair", ["left", "right"])


class Node(eqx.Module):
    """A Module with two children and a static field."""

    first: Any
    second: Any
    size: int = eqx.field(static=True, default=3)


class Unnamed:
    """A registered node whose children have no names."""

    def __init__(self, *children: Any) -> None:
        self.children = children


jax.tree_util.register_pytree_node(
    Unnamed, lambda node: (node.children, None), lambda _, children: Unnamed(*children)
)

_LEAVES = st.sampled_from(
    [
        jnp.ones((2, 3)),
        jnp.ones(4, jnp.bfloat16),
        np.arange(3),
        np.float32(2),
        jnp.array(True),
        jax.random.key(0),
        np.array(["text"]),
        1.5,
        True,
        7,
        "name",
        jax.nn.relu,
        None,
    ]
)
_STRINGS = ("w", "b", "a b", "two  blanks", "quote's", 'double"', "new\nline", "", "é", "x" * 90)
_KEYS = st.one_of(
    st.lists(st.sampled_from(_STRINGS), unique=True, max_size=3),
    st.lists(st.integers(-3, 3), unique=True, max_size=3),
    st.lists(st.sampled_from([(1, 2), (2, "a  b"), (3, "x y")]), unique=True, max_size=2),
)


def _nodes(children: st.SearchStrategy) -> st.SearchStrategy:
    several = st.lists(children, max_size=3)
    return st.one_of(
        several,
        several.map(tuple),
        _KEYS.flatmap(lambda keys: st.fixed_dictionaries(dict.fromkeys(keys, children))),
        st.builds(Pair, children, children),
        st.builds(Node, children, children),
        several.map(lambda items: Unnamed(*items)),
    )


MODELS = st.recursive(_LEAVES, _nodes, max_leaves=12)

RULES = st.sampled_from(
    [
        *map(Predicate, ("is_array", "is_inexact_array", "is_array_like", "is_inexact_array_like")),
        *map(Predicate, ("everything", "nothing", "everything", "nothing")),
        Predicate("dtype", "float32"),
        Predicate("dtype", "int64", any_leaf=True),
        Predicate("rank", "1"),
        Predicate("rank", "0", any_leaf=True),
        Predicate("type", "Node"),
        Predicate("type", "dict", any_leaf=True),
        Predicate("path", "[0]", any_leaf=True),
        Predicate("path_regex", r"\[\d\]"),
        Predicate("lambda", "lambda leaf: isinstance(leaf, str)"),
        Predicate("lambda", "eqx.is_array"),
    ]
)
_CODE = st.sampled_from(
    [
        Predicate("code", "jtu.tree_map(lambda leaf: isinstance(leaf, float), model)"),
        Predicate("code", "rule = eqx.is_array\nfilter_spec = rule"),
        Predicate("code", "wanted = (str, float)\nlambda leaf: isinstance(leaf, wanted)  # theirs"),
    ]
)


@st.composite
def specs(draw: st.DrawFn, order: TreeOrder) -> FilterSpec:
    """Return a spec over the tree of `order`."""
    spec = FilterSpec(draw(RULES | _CODE))
    with_leaves = [n for n in range(1, len(order.tree)) if order.tree.n_leaves[n] > 0]
    if not with_leaves:
        return spec
    for edit in draw(st.lists(st.builds(Edit, st.sampled_from(with_leaves), RULES), max_size=5)):
        spec = spec.edited(order, edit.node, edit.predicate)
    return spec
