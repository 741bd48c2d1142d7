import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


class Autoencoder(eqx.Module):
    shared: eqx.nn.Shared

    def __init__(self, key):
        key1, key2 = jr.split(key)
        layers = {"down": eqx.nn.Linear(8, 3, key=key1), "up": eqx.nn.Linear(3, 8, key=key2)}
        self.shared = eqx.nn.Shared(
            layers, where=lambda tree: tree["down"].weight, get=lambda tree: tree["up"].weight.T
        )

    @jax.named_scope("autoencoder")
    def __call__(self, x):
        layers = self.shared()
        return layers["up"](jax.nn.tanh(layers["down"](x)))
