import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


class Autoencoder(eqx.Module):
    shared: eqx.nn.Shared

    def __init__(self, key):
        key1, key2 = jr.split(key)
        encoder = eqx.nn.Linear(8, 3, key=key1)
        decoder = eqx.nn.Linear(3, 8, key=key2)
        self.shared = eqx.nn.Shared(
            (encoder, decoder),
            where=lambda pair: pair[1].weight,
            get=lambda pair: pair[0].weight.T,
        )

    def __call__(self, x):
        encoder, decoder = self.shared()
        return decoder(jax.nn.tanh(encoder(x)))


model = Autoencoder(jr.key(0))
arrays = jax.tree.leaves(eqx.filter(model, eqx.is_array))
print(
    model(jnp.ones(8)).shape,
    sum(leaf.size for leaf in arrays),
    "parameters",
)
