# says: 2 weights, tied
import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


class Autoencoder(eqx.Module):
    encoder: eqx.nn.Linear
    decoder: eqx.nn.Linear

    def __init__(self, key):
        key1, key2 = jr.split(key)
        self.encoder = eqx.nn.Linear(8, 3, key=key1)
        decoder = eqx.nn.Linear(3, 8, key=key2)
        self.decoder = eqx.tree_at(lambda d: d.weight, decoder, self.encoder.weight.T)

    def __call__(self, x):
        return self.decoder(jax.nn.tanh(self.encoder(x)))
