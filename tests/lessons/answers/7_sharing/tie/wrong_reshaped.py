# says: transpose
import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


class Autoencoder(eqx.Module):
    encoder: eqx.nn.Linear
    bias: jax.Array

    def __init__(self, key):
        self.encoder = eqx.nn.Linear(8, 3, key=key)
        self.bias = jnp.zeros(8)

    def __call__(self, x):
        hidden = jax.nn.tanh(self.encoder(x))
        return self.encoder.weight.reshape(8, 3) @ hidden + self.bias
