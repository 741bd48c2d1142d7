"""A typed key is used as an array: the step is added to it."""
import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np


class Dropped(eqx.Module):
    linear: eqx.nn.Linear
    dropout: eqx.nn.Dropout

    def __call__(self, x, key):
        return self.linear(self.dropout(x, key=key))


@eqx.filter_jit
def step(model, x, key, number):
    key = key + number
    keys = jr.split(key, len(x))
    loss, grads = eqx.filter_value_and_grad(lambda m: jnp.mean(jax.vmap(m)(x, keys) ** 2))(model)
    return eqx.apply_updates(model, jax.tree.map(lambda g: -0.1 * g, grads)), loss


key = jr.key(0)
model = Dropped(eqx.nn.Linear(4, "scalar", key=key), eqx.nn.Dropout(0.2))
for number in range(20):
    x = np.random.default_rng(number).normal(size=(8, 4)).astype(np.float32)
    model, loss = step(model, jnp.asarray(x), key, jnp.asarray(number))
