"""Gradients that were seen in a run are found in the open tree, and nowhere else."""

import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import eqxcore
from eqxviz.analysis import model_tree, named_trees
from eqxviz.records import GradientSeen, NodeFlag
from eqxviz.session.gradients import gradient_marks
from eqxviz.session.xray import XRay


def seen(argument: Any, name: str = "model", function: str = "loss_fn") -> GradientSeen:
    """Return the record of a function that is differentiated in `argument`."""
    tree = model_tree(argument, name, 0)
    is_inexact = (tree.flags & np.uint32(NodeFlag.INEXACT)) != 0
    return GradientSeen(0, function, "/x/train.py", 31, tree, is_inexact)


def words(value: Any, *gradients: GradientSeen, name: str = "model") -> dict[str, str]:
    """Return what the gradient column says of each array."""
    tree = model_tree(value, name, 1)
    xray = XRay(tree, gradient_marks(tree, gradients))
    arrays = [node for node in range(len(tree)) if tree.shape(node) is not None]
    return {tree.path(node): xray.state(node, "gradient").word for node in arrays}


def mlp(key: int = 0, width: int = 4) -> eqxcore.nn.MLP:
    return eqxcore.nn.MLP(2, 3, width, 1, key=jax.random.key(key))


def test_the_whole_model_receives_a_gradient():
    found = words(mlp(), seen(mlp()))
    assert set(found.values()) == {"gradient"}
    tree = model_tree(mlp(), "model", 1)
    xray = XRay(tree, gradient_marks(tree, [seen(mlp())]))
    node = next(n for n in range(len(tree)) if tree.path(n) == "model.layers[0].weight")
    assert xray.state(node, "gradient").why == "Receives a gradient in loss_fn (train.py:31)."


def test_what_a_partition_holds_back_lacks_a_gradient():
    model = mlp()
    spec = eqxcore.tree_at(lambda m: m.layers[1].weight, jax.tree.map(lambda _: False, model), True)
    trained, _ = eqxcore.partition(model, spec)
    found = words(model, seen(trained, "diff_model"))
    assert found.pop("model.layers[1].weight") == "gradient"
    assert set(found.values()) == {"no gradient"}
    tree = model_tree(model, "model", 1)
    xray = XRay(tree, gradient_marks(tree, [seen(trained, "diff_model")]))
    node = next(n for n in range(len(tree)) if tree.path(n) == "model.layers[0].weight")
    assert "held back by a partition" in xray.state(node, "gradient").why


def test_integers_lack_a_gradient_for_what_they_are():
    params = {"w": jnp.ones(3), "n": jnp.arange(3)}
    tree = model_tree(params, "params", 1)
    xray = XRay(tree, gradient_marks(tree, [seen(params, "params")]))
    assert [xray.state(node, "gradient").word for node in (1, 2)] == ["no gradient", "gradient"]
    assert "only floating-point" in xray.state(1, "gradient").why


def test_the_argument_is_found_inside_a_larger_tree():
    state = {"model": mlp(), "ema": mlp(), "step": jnp.array(1)}
    found = words(state, seen(mlp()), name="state")
    assert {path.split(".")[0] for path, word in found.items() if word == "gradient"} == {
        "state['model']"
    }
    assert found["state['step']"] == "unknown"


def test_optimiser_state_receives_no_gradient():
    model = mlp()
    opt_state = optax.adam(0.1).init(eqxcore.filter(model, eqxcore.is_array))
    trees = named_trees({"model": model, "opt_state": opt_state})
    found = words(trees, seen(model), name="")
    assert {path for path, word in found.items() if word == "gradient"} == {
        path for path in found if path.startswith("model")
    }


def test_shapes_tell_models_of_one_class_apart_and_names_those_of_one_shape():
    trees = {"small": mlp(), "large": mlp(width=9)}
    found = words(named_trees(trees), seen(mlp(width=9)), name="")
    assert {p.split(".")[0] for p, word in found.items() if word == "gradient"} == {"large"}
    trees = {"critic": mlp(), "actor": mlp(1)}
    found = words(named_trees(trees), seen(mlp(), "actor"), name="")
    assert {p.split(".")[0] for p, word in found.items() if word == "gradient"} == {"actor"}
    found = words(named_trees(trees), seen(mlp(), "net"), name="")
    assert set(found.values()) == {"unknown"}


def test_an_array_is_found_by_its_name():
    trees = {"w": jnp.ones(3), "b": jnp.ones(3)}
    assert words(trees, seen(jnp.ones(3), "w")) == {
        "model['b']": "unknown",
        "model['w']": "gradient",
    }
    assert words(jnp.ones(3), seen(jnp.ones(3), "w"), name="w") == {"w": "gradient"}
    assert words(jnp.ones(3), seen(jnp.ones(3), "x"), name="w") == {"w": "unknown"}


@pytest.mark.parametrize("other", [{"w": jnp.ones(3)}, [jnp.ones(3)], jnp.ones(3), None])
def test_another_argument_is_not_found(other: Any):
    assert set(words(mlp(), seen(other, "params")).values()) == {"unknown"}


def test_two_functions_are_told_apart():
    trees = named_trees({"gen": {"w": jnp.ones(2)}, "disc": {"w": jnp.ones(2), "b": jnp.ones(1)}})
    tree = model_tree(trees, "", 1)
    both = [
        seen({"w": jnp.ones(2)}, "gen", "gen_loss"),
        seen({"w": jnp.ones(2), "b": jnp.ones(1)}, "disc", "disc_loss"),
    ]
    xray = XRay(tree, gradient_marks(tree, both))
    why = {tree.path(n): xray.state(n, "gradient").why for n in range(len(tree))}
    assert "gen_loss" in why["gen['w']"]
    assert "disc_loss" in why["disc['b']"]


@pytest.mark.full
def test_a_million_nodes_are_marked_quickly():
    one = np.ones(2, np.float32)
    params = [{"w": one, "b": [one, one]} for _ in range(200_000)]
    tree, gradient = model_tree(params, "model", 1), seen(params)
    start = time.process_time()
    marks = gradient_marks(tree, [gradient])
    seconds = time.process_time() - start
    assert int((marks.gets >= 0).sum()) == 600_000
    assert seconds < 1.5
