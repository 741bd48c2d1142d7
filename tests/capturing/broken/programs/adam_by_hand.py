"""Adam written by hand, whose step count begins at 0: the bias correction is 0 the first time."""
import jax
import jax.numpy as jnp
import numpy as np


def adam_init(params):
    zeros = jax.tree.map(jnp.zeros_like, params)
    return {"m": zeros, "v": zeros, "t": jnp.array(0.0)}


def adam(params, grads, state, rate=1e-2, b1=0.9, b2=0.999, eps=1e-8):
    t = state["t"]
    m = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, state["m"], grads)
    v = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, state["v"], grads)

    def move(p, m, v):
        m_hat = m / (1 - b1**t)
        v_hat = v / (1 - b2**t)
        return p - rate * m_hat / (jnp.sqrt(v_hat) + eps)

    return jax.tree.map(move, params, m, v), {"m": m, "v": v, "t": t + 1}


def loss_fn(params, x, y):
    hidden = jax.nn.silu(x @ params["a"])
    return jnp.mean((hidden @ params["b"] - y) ** 2)


@jax.jit
def train(params, state, x, y):
    loss, grads = jax.value_and_grad(loss_fn)(params, x, y)
    params, state = adam(params, grads, state)
    return params, state, loss


rng = np.random.default_rng(45)
params = {"a": jnp.asarray(rng.normal(size=(2, 6)), jnp.float32), "b": jnp.ones(6)}
state = adam_init(params)
for i in range(20):
    x = rng.normal(size=(16, 2)).astype(np.float32)
    params, state, loss = train(params, state, x, x[:, 0])
    print(i, loss)
