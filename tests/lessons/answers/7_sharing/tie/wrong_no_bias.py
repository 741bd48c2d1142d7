# says: bias of shape (3,), (8,)
import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


class Autoencoder(eqx.Module):
    encoder: eqx.nn.Linear

    def __init__(self, key):
        self.encoder = eqx.nn.Linear(8, 3, key=key)

    def __call__(self, x):
        return self.encoder.weight.T @ jax.nn.tanh(self.encoder(x))
