"""Decoupled weight decay with the wrong sign: the weights in float16 double every step."""
import jax
import jax.numpy as jnp
import numpy as np


def decay(params, rate):
    return jax.tree.map(lambda p: p + rate * p, params)


def loss_fn(params, x, y):
    return jnp.mean(jnp.abs(jnp.tanh(x @ params["w"]) - y))


@jax.jit
def step(params, x, y):
    loss, grads = jax.value_and_grad(loss_fn)(params, x, y)
    params = decay(params, jnp.float16(1.0))
    params = jax.tree.map(lambda p, g: p - jnp.float16(1e-3) * g, params, grads)
    return params, loss


rng = np.random.default_rng(47)
params = {"w": jnp.asarray([1.0, -0.25, 0.125, 0.0625], jnp.float16)}
for i in range(20):
    x = jnp.asarray(rng.normal(size=(8, 4)), jnp.float16)
    params, loss = step(params, x, jnp.ones(8, jnp.float16))
    print(i, loss, params["w"])
