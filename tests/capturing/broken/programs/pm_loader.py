"""The data loader is a generator that parses text; one row has a word in it."""
import jax
import jax.numpy as jnp
import numpy as np

rng = np.random.default_rng(8)
ROWS = [",".join(f"{v:.3f}" for v in row) for row in rng.normal(size=(160, 4))]
ROWS[131] = "0.1,0.2,n/a,0.4"


def parse(row):
    return [float(field) for field in row.split(",")]


def batches(rows, size):
    for start in range(0, len(rows), size):
        yield np.array([parse(row) for row in rows[start : start + size]], np.float32)


@jax.jit
def train_step(w, batch):
    x, y = batch[:, :3], batch[:, 3]
    loss, g = jax.value_and_grad(lambda w: jnp.mean((x @ w - y) ** 2))(w)
    return w - 0.1 * g, loss


w = jnp.zeros(3)
for number, batch in enumerate(batches(ROWS, 8)):
    w, loss = train_step(w, batch)
    print(number, loss)
