import jax
import jax.numpy as jnp
import eqxcore as eqx


class Network(eqx.Module):
    weights: dict
    biases: dict

    def __init__(self, in_size, width, out_size, key):
        self.weights = {}
        self.biases = {}
        n = in_size
        for i, m in enumerate((width, width, out_size)):
            self.weights[i] = jax.random.normal(jax.random.fold_in(key, i), (m, n)) / n**0.5
            self.biases[i] = jnp.zeros(m)
            n = m

    def __call__(self, x):
        for i in range(3):
            x = self.weights[i] @ x + self.biases[i]
            if i < 2:
                x = jnp.maximum(x, 0)
        return x
