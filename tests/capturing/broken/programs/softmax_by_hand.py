"""A mixture of experts' gate: softmax without subtracting the maximum."""
import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax


class Mixture(eqx.Module):
    gate: eqx.nn.Linear
    experts: jax.Array

    def __init__(self, key):
        k1, k2 = jr.split(key)
        self.gate = eqx.nn.Linear(4, 3, key=k1)
        self.experts = jr.normal(k2, (3, 4))

    def __call__(self, x):
        e = jnp.exp(self.gate(x))
        weights = e / jnp.sum(e)
        return weights @ (self.experts @ x)


@eqx.filter_value_and_grad
def compute_loss(model, x, y):
    return jnp.mean(jax.vmap(lambda x, y: (model(x) - y) ** 2)(x, y))


optim = optax.adam(1e-2)


@eqx.filter_jit
def make_step(model, opt_state, x, y):
    loss, grads = compute_loss(model, x, y)
    updates, opt_state = optim.update(grads, opt_state, model)
    return loss, eqx.apply_updates(model, updates), opt_state


rng = np.random.default_rng(14)
model = Mixture(jr.PRNGKey(5))
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for i in range(25):
    x = rng.normal(size=(16, 4))
    if i == 18:
        x[9] *= 1e3
    x = jnp.asarray(x, jnp.float32)
    loss, model, opt_state = make_step(model, opt_state, x, x.sum(1))
    print(i, loss)
