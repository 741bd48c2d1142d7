"""A regression whose losses live in another module."""
import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax

import module_two_losses as losses


class Regressor(eqx.Module):
    layers: list

    def __init__(self, key):
        k1, k2 = jr.split(key)
        self.layers = [eqx.nn.Linear(3, 12, key=k1), jax.nn.gelu, eqx.nn.Linear(12, 1, key=k2)]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x[0]


@eqx.filter_jit
def train_step(model, state, x, y):
    def objective(model):
        return losses.total(jax.vmap(model)(x), y)

    loss, grads = eqx.filter_value_and_grad(objective)(model)
    updates, state = optim.update(grads, state, eqx.filter(model, eqx.is_inexact_array))
    return eqx.apply_updates(model, updates), state, loss


optim = optax.adam(3e-3)
rng = np.random.default_rng(54)
model = Regressor(jr.key(0))
state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for i in range(22):
    x = rng.uniform(0.5, 1.5, (8, 3)).astype(np.float32)
    y = x.prod(1)
    if i == 9:
        y[5] = 0.0
    model, state, loss = train_step(model, state, jnp.asarray(x), jnp.asarray(y))
    print(i, loss)
