"""Fits three parameters of a gamma-ray line shape with a hand-written likelihood."""

import jax
import jax.numpy as jnp
import numpy as np

CENTRES = np.linspace(-4, 4, 60, dtype=np.float32)


def peak(x, position, log_width, skew):
    width = jnp.exp(log_width)
    z = (x - position) / width
    body = jnp.exp(-0.5 * z**2) / width
    tail = jax.nn.sigmoid(skew * z) * jnp.exp(-jnp.abs(z)) / (1 + width**2)
    return 0.8 * body + 0.2 * tail


def spectrum(p, x):
    potassium = peak(x, p["shift"] - 3.1, p["log_width"], p["skew"])
    cobalt_low = peak(x, p["shift"] - 2.2, p["log_width"] + 0.1, p["skew"])
    cobalt_high = peak(x, p["shift"] - 1.6, p["log_width"] + 0.1, p["skew"])
    caesium = peak(x, p["shift"] - 0.4, p["log_width"] - 0.2, p["skew"])
    sodium = peak(x, p["shift"] + 0.3, p["log_width"], p["skew"])
    barium_low = peak(x, p["shift"] + 0.9, p["log_width"] - 0.1, p["skew"])
    barium_high = peak(x, p["shift"] + 1.4, p["log_width"] - 0.1, p["skew"])
    europium = peak(x, p["shift"] + 2.3, p["log_width"] + 0.2, p["skew"])
    thorium = peak(x, p["shift"] + 3.2, p["log_width"] + 0.3, p["skew"])
    cobalt = 0.7 * cobalt_low + 0.6 * cobalt_high
    barium = 0.5 * barium_low + 0.9 * barium_high
    return 1.0 + 5 * (potassium + cobalt + caesium + sodium + barium + europium + thorium)


def negative_log_likelihood(p, counts):
    rate = spectrum(p, CENTRES)
    return jnp.mean(rate - counts * jnp.log(rate))


@jax.jit
def descend(p, counts):
    loss, grads = jax.value_and_grad(negative_log_likelihood)(p, counts)
    return jax.tree.map(lambda a, g: a - 0.02 * g, p, grads), loss


truth = {"shift": 0.15, "log_width": -1.0, "skew": 0.5}
rate = np.asarray(spectrum(truth, CENTRES))
counts = np.random.default_rng(0).poisson(rate).astype(np.float32)
p = {"shift": jnp.zeros(()), "log_width": jnp.asarray(-0.8), "skew": jnp.asarray(0.1)}
for _ in range(25):
    p, loss = descend(p, counts)
print("loss", loss, "shift", p["shift"])
