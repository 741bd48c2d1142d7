"""The mask is the smallest float32, which is no bfloat16."""
import jax
import jax.numpy as jnp
import numpy as np

rng = np.random.default_rng(11)
D = 8


def attention(q, k, v, keep):
    bias = jnp.where(keep, 0.0, jnp.finfo(jnp.float32).min * jnp.ones(keep.shape, jnp.float32))
    scores = q @ k.T / np.sqrt(D).astype(jnp.bfloat16)
    scores = scores + bias.astype(jnp.bfloat16)
    shifted = scores - jax.lax.stop_gradient(scores.max(axis=-1, keepdims=True))
    weights = jnp.exp(shifted)
    return (weights / weights.sum(axis=-1, keepdims=True)) @ v


def loss_fn(params, x, keep, y):
    q, k, v = (x @ params[n] for n in ("q", "k", "v"))
    return jnp.mean((attention(q, k, v, keep) - y).astype(jnp.float32) ** 2)


@jax.jit
def update(params, x, keep, y):
    loss, grads = jax.value_and_grad(loss_fn)(params, x, keep, y)
    return {n: params[n] - jnp.bfloat16(0.1) * grads[n] for n in params}, loss


params = {n: jnp.asarray(rng.normal(size=(D, D)) / 3, jnp.bfloat16) for n in ("q", "k", "v")}
for i in range(20):
    x = jnp.asarray(rng.normal(size=(6, D)), jnp.bfloat16)
    keep = np.tril(np.ones((6, 6), bool))
    if i == 15:
        keep[0, 0] = False  # a document that begins with padding
    params, loss = update(params, x, jnp.asarray(keep), x)
    print(i, loss)
