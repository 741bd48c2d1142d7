# says: called, puts it back
import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


class Autoencoder(eqx.Module):
    shared: eqx.nn.Shared

    def __init__(self, key):
        key1, key2 = jr.split(key)
        pair = eqx.nn.Linear(8, 3, key=key1), eqx.nn.Linear(3, 8, key=key2)
        self.shared = eqx.nn.Shared(
            pair, where=lambda pair: pair[1].weight, get=lambda pair: pair[0].weight.T
        )

    def __call__(self, x):
        encoder, decoder = self.shared.pytree
        return decoder(jax.nn.tanh(encoder(x)))
