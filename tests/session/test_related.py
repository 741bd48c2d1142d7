"""Parameters and their optimiser state lead to each other; gradients and places lead to where."""

from typing import Any

import jax
import jax.numpy as jnp
import optax

import eqxcore
from eqxviz.analysis import model_tree, named_trees
from eqxviz.records import ModelTree
from eqxviz.session.details import node_details
from eqxviz.session.facts import Fact
from eqxviz.session.gradients import gradient_marks
from eqxviz.session.xray import XRay

from .test_gradients import seen


def training() -> ModelTree:
    model = eqxcore.nn.MLP(2, 3, 4, 1, key=jax.random.key(0))
    state = optax.adam(0.1).init(eqxcore.filter(model, eqxcore.is_array))
    return model_tree(named_trees({"model": model, "opt_state": state}), "", 1)


def facts(tree: ModelTree, path: str, xray: Any = None) -> list[Fact]:
    node = next(n for n in range(len(tree)) if tree.path(n) == path)
    return list(node_details(tree, node, xray).facts)


def test_a_parameter_lists_its_optimiser_state_and_the_state_its_parameter():
    tree = training()
    kept = [f for f in facts(tree, "model.layers[0].weight") if f.name == "Optimiser"]
    assert [f.value for f in kept] == ["mu f32[4,2], 32 B", "nu f32[4,2], 32 B"]
    paths = [tree.path(f.link.node) for f in kept]
    assert paths == ["opt_state[0].mu.layers[0].weight", "opt_state[0].nu.layers[0].weight"]
    (back,) = [f for f in facts(tree, paths[1]) if f.name == "nu of"]
    assert back.value == "model.layers[0].weight"
    assert tree.path(back.link.node) == back.value


def test_a_subtree_totals_the_optimiser_state_below_it():
    tree = training()
    (total,) = [f for f in facts(tree, "model.layers[0]") if f.name == "Optimiser state"]
    assert total.value == "2 × 48 B (mu, nu)"
    (total,) = [f for f in facts(tree, "model") if f.name == "Optimiser state"]
    assert total.value == "2 × 108 B (mu, nu)"
    assert not [f for f in facts(tree, "model.layers[0].bias") if f.name == "Optimiser state"]


def test_optimisers_that_keep_unequal_amounts_are_told_apart():
    params = {"w": jnp.ones((200, 300))}
    state = optax.adafactor(0.1).init(params)
    tree = model_tree({"params": params, "opt_state": state}, "all", 1)
    (total,) = [f for f in facts(tree, "all['params']") if f.name == "Optimiser state"]
    assert total.value == "v_row 800 B, v_col 1.20 kB, v 4 B"


def test_a_gradient_leads_to_the_line_of_its_function():
    model = eqxcore.nn.Linear(2, 3, key=jax.random.key(0))
    tree = model_tree(model, "model", 1)
    xray = XRay(tree, gradient_marks(tree, [seen(model)]))
    (gradient,) = [f for f in facts(tree, "model.weight", xray) if f.name == "Gradient in"]
    assert gradient.value == "loss_fn (train.py:31)"
    assert (gradient.link.file, gradient.link.line) == ("/x/train.py", 31)
    assert not [f for f in facts(tree, "model.in_features", xray) if "radient" in f.name]


def test_a_shared_node_lists_all_its_places():
    weight = jnp.ones(3)
    tree = model_tree([weight] * 12, "model", 1)
    same = [f for f in facts(tree, "model[3]") if f.name == "Same object"]
    assert [tree.path(f.link.node) for f in same] == [f"model[{i}]" for i in range(12) if i != 3]
    many = model_tree([weight] * 100, "model", 1)
    assert facts(many, "model[3]")[-1].value == "and 59 more places"
