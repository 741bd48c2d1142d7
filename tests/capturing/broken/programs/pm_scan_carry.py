"""The carry of a scan changes its type: a count becomes a float."""
import jax
import jax.numpy as jnp
import numpy as np


def rollout(w, xs):
    def body(carry, x):
        h, count = carry
        h = jnp.tanh(w * h + x)
        return (h, count + (h > 0).astype(h.dtype)), h

    (h, count), hs = jax.lax.scan(body, (jnp.zeros(()), jnp.zeros((), jnp.int32)), xs)
    return h + 0.0 * count, hs


@jax.jit
def step(w, xs):
    loss, g = jax.value_and_grad(lambda w: rollout(w, xs)[0] ** 2)(w)
    return w - 0.1 * g, loss


w = jnp.array(0.5)
for i in range(20):
    w, loss = step(w, np.random.default_rng(i).normal(size=12).astype(np.float32))
