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
        self.decoder = eqx.nn.Linear(3, 8, key=key2)

    def __call__(self, x):
        return self.decoder(jax.nn.tanh(self.encoder(x)))


model = Autoencoder(jr.key(0))
arrays = jax.tree.leaves(eqx.filter(model, eqx.is_array))
print(
    model(jnp.ones(8)).shape,
    sum(leaf.size for leaf in arrays),
    "parameters",
)
