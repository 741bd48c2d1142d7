import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def loss(encoder, decoder, x):
    return jnp.sum((decoder(encoder(x)) - x) ** 2)


def gradients(encoder, decoder, x):
    _, pull_back = eqx.filter_vjp(lambda e, d: loss(e, d, x), encoder, decoder)
    return pull_back(jnp.asarray(1.0))


encoder = eqx.nn.Linear(3, 2, key=jr.key(0))
decoder = eqx.nn.MLP(2, 3, width_size=4, depth=1, key=jr.key(1))
model = gradients(encoder, decoder, jnp.ones(3))
