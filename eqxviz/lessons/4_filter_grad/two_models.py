import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def loss(encoder, decoder, x):
    return jnp.sum((decoder(encoder(x)) - x) ** 2)


def gradients(encoder, decoder, x):
    return eqx.filter_grad(loss)(encoder, decoder, x)


encoder = eqx.nn.Linear(3, 2, key=jr.key(0))
decoder = eqx.nn.MLP(2, 3, width_size=4, depth=1, key=jr.key(1))
model = gradients(encoder, decoder, jnp.ones(3))
