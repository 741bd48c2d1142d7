"""Density ratio estimation: the difference of two log densities of discretised Gaussians."""
import jax
import jax.numpy as jnp
import numpy as np


def density(mean, x):
    return jnp.exp(-0.5 * (x - mean) ** 2)


def log_ratio(params, x):
    numerator = jnp.log(density(params["a"], x))
    denominator = jnp.log(density(params["b"], x))
    return numerator - denominator


def loss_fn(params, x, label):
    logits = log_ratio(params, x)
    return jnp.mean(jnp.maximum(logits, 0) - logits * label + jnp.log1p(jnp.exp(-jnp.abs(logits))))


class Trainer:
    def __init__(self, rate):
        self.rate = rate
        self.params = {"a": jnp.array(0.5), "b": jnp.array(-0.5)}
        self.step = jax.jit(self.step)

    def step(self, params, x, label):
        loss, grads = jax.value_and_grad(loss_fn)(params, x, label)
        return {k: params[k] - self.rate * grads[k] for k in params}, loss

    def fit(self, data):
        for x, label in data:
            self.params, loss = self.step(self.params, x, label)
        return loss


def data():
    rng = np.random.default_rng(4)
    for n in range(24):
        label = rng.integers(0, 2, 16).astype(np.float32)
        x = (rng.normal(size=16) + 2 * label - 1).astype(np.float32)
        if n == 9:
            x[7] = 25.0
        yield x, label


print(Trainer(0.1).fit(data()))
