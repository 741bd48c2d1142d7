import jax
import jax.numpy as jnp
import numpy as np


@jax.jit
def update(estimate, x, y):
    slope, offset = estimate
    error = slope * x + offset - y
    loss = jnp.mean(error**2)
    new = (slope - 0.2 * jnp.mean(error * x), offset - 0.2 * jnp.mean(error))
    return new, loss


def measure(rng, n=120_000):
    """A binned, drifting measurement of a line: means of many raw readings."""
    raw = rng.uniform(-1, 1, size=n)
    reading = 1.7 * raw + 0.4 + rng.standard_t(5, size=n)
    order = np.argsort(raw)
    x = raw[order].reshape(16, -1).mean(axis=1)
    y = np.median(reading[order].reshape(16, -1), axis=1)
    return x.astype(np.float32), y.astype(np.float32)


if __name__ == "__main__":
    rng = np.random.default_rng(10)
    estimate = (jnp.zeros(()), jnp.zeros(()))
    losses = []
    for _ in range(25):
        x, y = measure(rng)
        estimate, loss = update(estimate, x, y)
        losses.append(float(loss))
    print("slope and offset", *estimate, "last loss", losses[-1])
