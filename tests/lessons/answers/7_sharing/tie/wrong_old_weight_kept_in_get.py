# says: sum over both uses
import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


class Autoencoder(eqx.Module):
    shared: eqx.nn.Shared

    def __init__(self, key):
        key1, key2 = jr.split(key)
        encoder, decoder = eqx.nn.Linear(8, 3, key=key1), eqx.nn.Linear(3, 8, key=key2)
        self.shared = eqx.nn.Shared(
            (encoder, decoder), where=lambda pair: pair[1].weight, get=lambda _: encoder.weight.T
        )

    def __call__(self, x):
        encoder, decoder = self.shared()
        return decoder(jax.nn.tanh(encoder(x)))
