"""Attention over a set, where the mask is multiplied with infinity instead of selected."""
import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np


class Pool(eqx.Module):
    score: eqx.nn.Linear
    value: eqx.nn.Linear

    def __init__(self, key):
        a, b = jr.split(key)
        self.score = eqx.nn.Linear(3, "scalar", key=a)
        self.value = eqx.nn.Linear(3, "scalar", key=b)

    def __call__(self, items, present):
        scores = jax.vmap(self.score)(items)
        scores = scores - (1 - present) * jnp.inf
        weights = jax.nn.softmax(scores)
        return weights @ jax.vmap(self.value)(items)


def loss_fn(model, items, present, y):
    return jnp.mean((jax.vmap(model)(items, present) - y) ** 2)


@eqx.filter_jit
def make_step(model, items, present, y):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, items, present, y)
    return eqx.apply_updates(model, jax.tree.map(lambda g: -0.1 * g, grads)), loss


rng = np.random.default_rng(6)
model = Pool(jr.PRNGKey(1))
for i in range(20):
    items = jnp.asarray(rng.normal(size=(8, 5, 3)), jnp.float32)
    present = jnp.asarray(rng.integers(0, 2, (8, 5)), jnp.float32)
    model, loss = make_step(model, items, present, items.sum((1, 2)))
    print(i, loss.item())
