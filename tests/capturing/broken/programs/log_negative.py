"""Poisson regression with an identity link: nothing keeps the rate above zero."""
import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np


class Rate(eqx.Module):
    weight: jax.Array
    bias: jax.Array

    def __init__(self, size, key):
        self.weight = 0.01 * jr.normal(key, (size,))
        self.bias = jnp.array(2.0)

    def __call__(self, x):
        return jnp.dot(self.weight, x) + self.bias


def negative_log_likelihood(model, x, counts):
    rate = jax.vmap(model)(x)
    log_rate = jnp.log(rate)
    return jnp.mean(rate - counts * log_rate)


@eqx.filter_jit
def train_step(model, x, counts):
    loss, grads = eqx.filter_value_and_grad(negative_log_likelihood)(model, x, counts)
    model = eqx.apply_updates(model, jax.tree.map(lambda g: -0.01 * g, grads))
    return model, loss


rng = np.random.default_rng(1)
model = Rate(5, jr.key(0))
for i in range(25):
    x = rng.uniform(0, 1, (64, 5)).astype(np.float32)
    counts = rng.poisson(2 + x.sum(1)).astype(np.float32)
    if i == 11:
        x[40] = -20.0
    model, loss = train_step(model, jnp.asarray(x), jnp.asarray(counts))
print("last loss", loss)
