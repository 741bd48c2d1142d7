"""Graphs of real functions, drawn as a worker draws them."""

from functools import cache

import jax
import jax.numpy as jnp
import optax

import eqxcore as eqx
from eqxviz.analysis import graph_of
from eqxviz.records import Graph
from tests.gui.shown import Model


class Called(Model):
    """The model of the tree, with a call that reads more of it."""

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.head(self.body(x)) + self.tied(self.body(x))


def _model() -> Called:
    head = eqx.nn.Linear(3, 3, key=jax.random.key(1))
    body = eqx.nn.MLP(2, 3, 8, 2, key=jax.random.key(0))
    return Called(body, head, head, {}, jnp.arange(3), "a name")


@cache
def draw_tree_model() -> Graph:
    """Return the graph of a call of the model."""
    return graph_of(_model(), (jnp.zeros(2),), {}, title="model", name="model")


@cache
def draw_step() -> Graph:
    """Return the graph of a training step with Adam: about three hundred equations."""
    optimiser = optax.adam(1e-3)
    model = _model().body

    @eqx.filter_jit
    def make_step(model, state, x, y):
        def loss_fn(model):
            return jnp.mean((jax.vmap(model)(x) - y) ** 2)

        loss, gradients = eqx.filter_value_and_grad(loss_fn)(model)
        updates, state = optimiser.update(gradients, state)
        return loss, eqx.apply_updates(model, updates), state

    state = optimiser.init(eqx.filter(model, eqx.is_inexact_array))
    x, y = jnp.zeros((4, 2)), jnp.zeros((4, 3))
    return graph_of(make_step, (model, state, x, y), {}, title="make_step")
