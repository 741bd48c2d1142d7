"""Functions before and after an edit, and their graphs."""

import jax
import jax.numpy as jnp

import eqxcore as eqx
from eqxviz.analysis import graph_of
from eqxviz.records import Graph

MODEL = eqx.nn.MLP(2, 3, 8, 2, key=jax.random.key(0))
X, Y = jnp.zeros((4, 2)), jnp.zeros((4, 3))
WEIGHTS, START = jnp.zeros((3, 4, 4)), jnp.zeros(4)


def loss(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


def edited_loss(model, x, y):
    return jnp.mean(jnp.abs(jax.vmap(model)(x * 2) - y) ** 2)


def scanned(weights, x):
    return jax.lax.scan(lambda c, w: (jnp.tanh(w @ c), jnp.sum(c)), x, weights)


def unrolled(weights, x):
    sums = []
    for i in range(3):
        old, x = x, jnp.tanh(weights[i] @ x)
        sums.append(jnp.sum(old))
    return x, jnp.stack(sums)


def halved(tree):
    """Return `tree` with its floats in half the precision."""
    return jax.tree.map(
        lambda leaf: leaf.astype(jnp.bfloat16) if eqx.is_inexact_array(leaf) else leaf, tree
    )


def drawn(function, *arguments) -> Graph:
    return graph_of(function, arguments, {}, title=getattr(function, "__name__", "f"))
