"""Gaussian process regression without jitter: two equal inputs and a noise that got too small."""
import jax
import jax.numpy as jnp
import numpy as np


def kernel(x, length):
    return jnp.exp(-0.5 * ((x[:, None] - x[None, :]) / length) ** 2)


def negative_evidence(theta, x, y):
    cov = jnp.exp(theta["amplitude"]) * kernel(x, jnp.exp(theta["length"])) - theta["nugget"] * jnp.eye(len(x))
    lower = jnp.linalg.cholesky(cov)
    white = jax.scipy.linalg.solve_triangular(lower, y, lower=True)
    return 0.5 * white @ white + jnp.log(jnp.diagonal(lower)).sum()


class GaussianProcess:
    def __init__(self):
        self.theta = {"amplitude": jnp.zeros(()), "length": jnp.zeros(()), "nugget": jnp.array(-0.2)}

    @staticmethod
    @jax.jit
    def improve(theta, x, y):
        value, g = jax.value_and_grad(negative_evidence)(theta, x, y)
        return jax.tree.map(lambda p, g: p - 1e-3 * g, theta, g), value

    def fit(self, steps):
        rng = np.random.default_rng(64)
        for n in range(steps):
            x = np.sort(rng.uniform(0, 9, 8)).astype(np.float32)
            if n == 10:
                self.theta["nugget"] = jnp.array(0.5)  # the sign of a setting
                x[4] = x[3]
            self.theta, value = self.improve(self.theta, x, np.sin(x))
            print(n, value)


GaussianProcess().fit(22)
