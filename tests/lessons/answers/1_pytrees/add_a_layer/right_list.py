import jax
import jax.random as jr

import eqxcore as eqx


class Network(eqx.Module):
    layers: list

    def __init__(self, in_size, width, out_size, key):
        sizes = [in_size, width, width, out_size]
        keys = jr.split(key, len(sizes) - 1)
        self.layers = [
            eqx.nn.Linear(n_in, n_out, key=key)
            for n_in, n_out, key in zip(sizes, sizes[1:], keys)
        ]

    def __call__(self, x):
        *hidden, last = self.layers
        for layer in hidden:
            x = jax.nn.relu(layer(x))
        return last(x)
