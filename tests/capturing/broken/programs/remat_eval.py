"""Training goes well; the evaluation, under the same jax.checkpoint, meets an empty document."""
import jax
import jax.numpy as jnp
import numpy as np


@jax.checkpoint
def encode(table, tokens):
    present = (tokens > 0)[:, None]
    total = jnp.sum(jnp.where(present, table[tokens], 0.0), axis=0)
    return total / jnp.sum(present)


def classify(params, tokens):
    return jax.vmap(encode, in_axes=(None, 0))(params["table"], tokens) @ params["out"]


def loss_fn(params, tokens, y):
    return jnp.mean((classify(params, tokens) - y) ** 2)


@jax.jit
def train_step(params, tokens, y):
    loss, grads = jax.value_and_grad(loss_fn)(params, tokens, y)
    return jax.tree.map(lambda p, g: p - 0.5 * g, params, grads), loss


@jax.jit
def evaluate(params, tokens, y):
    return {"loss": loss_fn(params, tokens, y)}


rng = np.random.default_rng(72)
params = {"table": jnp.asarray(rng.normal(size=(20, 4)), jnp.float32), "out": jnp.zeros(4)}
for n in range(24):
    tokens = rng.integers(1, 20, (8, 6))
    params, loss = train_step(params, tokens, (tokens[:, 0] > 9).astype(np.float32))
    if n % 5 == 4:
        held_out = rng.integers(1, 20, (5, 6))
        if n == 14:
            held_out[3] = 0
        print(n, loss, evaluate(params, held_out, (held_out[:, 0] > 9).astype(np.float32)))
