import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def loss(encoder, decoder, x):
    return jnp.sum((decoder(encoder(x)) - x) ** 2)


def gradients(encoder, decoder, x):
    e, e_static = eqx.partition(encoder, eqx.is_inexact_array)
    d, d_static = eqx.partition(decoder, eqx.is_inexact_array)

    def of(e, d):
        return loss(eqx.combine(e, e_static), eqx.combine(d, d_static), x)

    return jax.grad(of, argnums=(0, 1))(e, d)


encoder = eqx.nn.Linear(3, 2, key=jr.key(0))
decoder = eqx.nn.MLP(2, 3, width_size=4, depth=1, key=jr.key(1))
model = gradients(encoder, decoder, jnp.ones(3))
