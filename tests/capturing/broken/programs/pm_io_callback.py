"""A log file is written from inside the step; the writer was closed."""
import io

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import io_callback

log = io.StringIO()


def write(number, loss):
    log.write(f"{int(number)},{float(loss)}\n")


@jax.jit
def step(w, number, x, y):
    loss, g = jax.value_and_grad(lambda w: jnp.mean((x @ w - y) ** 2))(w)
    io_callback(write, None, number, loss, ordered=True)
    return w - 0.1 * g, loss


rng = np.random.default_rng(6)
w = jnp.zeros(3)
for number in range(20):
    x = rng.normal(size=(8, 3)).astype(np.float32)
    if number == 9:
        log.close()
    w, loss = step(w, number, x, x[:, 2])
    loss.block_until_ready()
    jax.effects_barrier()
