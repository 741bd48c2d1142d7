import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


class Autoencoder(eqx.Module):
    encoder: eqx.Module
    decoder: eqx.Module


def loss(encoder, decoder, x):
    return jnp.sum((decoder(encoder(x)) - x) ** 2)


def gradients(encoder, decoder, x):
    model = Autoencoder(encoder, decoder)
    both = eqx.filter_grad(lambda model: loss(model.encoder, model.decoder, x))(model)
    return both.encoder, both.decoder


encoder = eqx.nn.Linear(3, 2, key=jr.key(0))
decoder = eqx.nn.MLP(2, 3, width_size=4, depth=1, key=jr.key(1))
model = gradients(encoder, decoder, jnp.ones(3))
