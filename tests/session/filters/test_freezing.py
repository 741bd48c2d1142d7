"""Training steps that freeze a layer, run as they are copied."""

import equinox
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import eqxcore
from eqxviz.analysis.named import named_trees
from eqxviz.analysis.tree import model_tree
from eqxviz.session.filters.filter_spec import EXCLUDE, FilterSpec
from eqxviz.session.filters.freezing import frozen_parts, partition_step, stop_gradient_step
from eqxviz.session.filters.predicates import Predicate
from eqxviz.session.outline.tree_order import TreeOrder

LIBRARIES = pytest.mark.parametrize("library", [eqxcore, equinox])
X = jax.random.normal(jax.random.key(1), (8, 2))
Y = jnp.sum(X, axis=1, keepdims=True)


def trained(code: str, name: str, model, **more):
    """Return the model after three steps of the code, and the losses."""
    names = {name: model, **more}
    exec(code, names)
    opt_state, losses = names["opt_state"], []
    for _ in range(3):
        model, opt_state, loss = names["make_step"](model, opt_state, X, Y)
        losses.append(float(loss))
    return model, losses


def changes(order: TreeOrder, before, after) -> dict[str, bool]:
    """Return for each floating-point array, by path, whether any bit of it changed."""
    pairs = zip(jax.tree_util.tree_leaves(before), jax.tree_util.tree_leaves(after), strict=True)
    return {
        order.tree.path(int(node)): np.asarray(old).tobytes() != np.asarray(new).tobytes()
        for node, (old, new) in zip(order.leaves, pairs, strict=True)
        if eqxcore.is_inexact_array(old)
    }


def frozen_spec(order: TreeOrder, *paths: str) -> FilterSpec:
    spec = FilterSpec()
    for path in paths:
        node = next(n for n in range(len(order.tree)) if order.tree.path(n) == path)
        spec = spec.edited(order, node, EXCLUDE)
    return spec


@LIBRARIES
@pytest.mark.parametrize(
    "paths", [("model.layers[0]",), ("model.layers[0]", "model.layers[2].bias")]
)
def test_both_steps_leave_what_is_frozen_and_give_the_same_losses(library, paths):
    model = library.nn.MLP(2, 1, 4, 2, key=jax.random.key(0))
    order = TreeOrder(model_tree(model, "model", 1))
    spec = frozen_spec(order, *paths)
    losses = []
    for step in (partition_step, stop_gradient_step):
        after, seen = trained(step(spec, order, library.__name__), "model", model)
        changed = changes(order, model, after)
        assert len(changed) == 6
        for path, is_changed in changed.items():
            assert is_changed is not any(path.startswith(frozen) for frozen in paths), path
        losses.append(seen)
    assert losses[0] == losses[1]
    assert losses[0][2] < losses[0][0]


@LIBRARIES
def test_any_other_spec_is_frozen_by_its_own_tree(library):
    model = library.nn.MLP(2, 1, 4, 1, key=jax.random.key(0))
    order = TreeOrder(model_tree(model, "model", 1))
    spec = FilterSpec(Predicate("path", "layers[1]"))
    assert frozen_parts(spec) == []
    for step in (partition_step, stop_gradient_step):
        after, _ = trained(step(spec, order, library.__name__), "model", model)
        changed = changes(order, model, after)
        assert changed == {path: "layers[1]" in path for path in changed}


def test_plain_parameters_are_frozen_with_a_forward_pass_of_the_users_own():
    params = {"w": jnp.full((2, 1), 2.0), "b": jnp.zeros(1)}
    order = TreeOrder(model_tree(params, "params", 1))
    spec = frozen_spec(order, "params['b']")

    def forward(params, x):
        return x @ params["w"] + params["b"]

    for step in (partition_step, stop_gradient_step):
        code = step(spec, order, "eqxcore")
        after, _ = trained(code, "params", params, forward=forward)
        assert changes(order, params, after) == {"params['b']": False, "params['w']": True}


def test_the_comment_names_what_is_frozen():
    model = eqxcore.nn.MLP(2, 1, 4, 1, key=jax.random.key(0))
    order = TreeOrder(model_tree(model, "model", 1))
    code = partition_step(frozen_spec(order, "model.layers[0]"), order, "equinox")
    assert "# Frozen: model.layers[0]. Every other floating-point array is trained." in code
    assert "lambda m: m.layers[0]" in code


def test_of_several_variables_the_step_trains_the_one_that_is_frozen():
    model = eqxcore.nn.MLP(2, 1, 4, 1, key=jax.random.key(0))
    trees = named_trees({"steps": jnp.ones(3), "net": model})
    order = TreeOrder(model_tree(trees, "", 1))
    spec = frozen_spec(order, "net.layers[1]")
    for step in (partition_step, stop_gradient_step):
        code = step(spec, order, "eqxcore")
        assert "lambda m: m.layers[1]" in code
        after, _ = trained(code, "net", model)
        assert after.layers[1].weight is not model.layers[1].weight
        assert jnp.array_equal(after.layers[1].weight, model.layers[1].weight)
        assert not jnp.array_equal(after.layers[0].weight, model.layers[0].weight)
