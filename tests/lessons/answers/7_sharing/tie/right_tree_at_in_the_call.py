import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def decoder_weight(decoder):
    return decoder.weight


class Autoencoder(eqx.Module):
    encoder: eqx.nn.Linear
    decoder: eqx.nn.Linear

    def __init__(self, key):
        key1, key2 = jr.split(key)
        self.encoder = eqx.nn.Linear(8, 3, key=key1)
        decoder = eqx.nn.Linear(3, 8, key=key2)
        self.decoder = eqx.tree_at(decoder_weight, decoder, None)

    def __call__(self, x):
        decoder = eqx.tree_at(
            decoder_weight, self.decoder, self.encoder.weight.T, is_leaf=lambda leaf: leaf is None
        )
        return decoder(jax.nn.tanh(self.encoder(x)))
