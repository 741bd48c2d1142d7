"""A tree in reading order: leaves as JAX lists them, and subtrees as runs."""

import jax
from hypothesis import HealthCheck, given, settings

from eqxviz.analysis.tree import model_tree
from eqxviz.session.outline.tree_order import TreeOrder
from tests.session.made_models import MODELS


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(model=MODELS)
def test_leaves_come_as_jax_lists_them(model):
    tree = model_tree(model, "model", 1)
    order = TreeOrder(tree)
    texts = [tree.strings[int(tree.leaf_summary[int(tree.leaf[n])])] for n in order.leaves]
    paths = jax.tree_util.tree_leaves_with_path(model)
    assert len(texts) == len(paths)
    alone = [model_tree(leaf, "leaf", 1) for _, leaf in paths]
    assert texts == [one.strings[int(one.leaf_summary[int(one.leaf[0])])] for one in alone]


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(model=MODELS)
def test_what_is_below_a_node_is_one_run(model):
    tree = model_tree(model, "model", 1)
    order = TreeOrder(tree)
    for above in range(len(tree)):
        below = {above}
        for node in range(above + 1, len(tree)):
            if int(tree.parent[node]) in below:
                below.add(node)
        assert set(order.below(above).tolist()) == below
        assert {n for n in range(len(tree)) if order.is_below(n, above)} == below
        start, stop = order.leaf_range(above)
        assert stop - start == int(tree.n_leaves[above])
        assert set(order.leaves[start:stop].tolist()) == {
            n for n in below if bool(order.is_leaf[n])
        }
