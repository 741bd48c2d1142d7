"""One record of the data has a missing value."""
import jax
import jax.numpy as jnp
import numpy as np
import optax

rng = np.random.default_rng(49)
table = rng.normal(size=(40 * 16, 3)).astype(np.float32)
table[33 * 16 + 5, 1] = np.nan


def batches():
    for start in range(0, len(table), 16):
        rows = table[start : start + 16]
        yield {"x": rows, "y": rows.sum(axis=1) > 0}


def loss_fn(params, batch):
    logits = batch["x"] @ params["w"] + params["b"]
    return optax.sigmoid_binary_cross_entropy(logits, batch["y"]).mean()


optimizer = optax.adam(0.1)


@jax.jit
def train_step(params, state, batch):
    loss, grads = jax.value_and_grad(loss_fn)(params, batch)
    updates, state = optimizer.update(grads, state)
    return optax.apply_updates(params, updates), state, loss


params = {"w": jnp.zeros(3), "b": jnp.zeros(())}
state = optimizer.init(params)
for number, batch in enumerate(batches()):
    params, state, loss = train_step(params, state, batch)
    if number % 10 == 0:
        print(number, loss)
