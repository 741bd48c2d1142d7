"""A GAN that learns a ring of points in the plane."""

import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax

LATENT = 2


def generator_loss(generator, discriminator, z):
    return jnp.mean(jax.nn.softplus(-jax.vmap(discriminator)(jax.vmap(generator)(z))))


def discriminator_loss(discriminator, generator, real, z):
    fake = jax.vmap(generator)(z)
    return jnp.mean(
        jax.nn.softplus(-jax.vmap(discriminator)(real)) + jax.nn.softplus(jax.vmap(discriminator)(fake))
    )


def main():
    g_key, d_key, angle_key, loop_key = jr.split(jr.key(0), 4)
    generator = eqx.nn.MLP(LATENT, 2, 16, 1, key=g_key)
    discriminator = eqx.nn.MLP(2, "scalar", 16, 1, jax.nn.leaky_relu, key=d_key)
    g_optim, d_optim = optax.adam(1e-3, b1=0.5), optax.adam(1e-3, b1=0.5)
    g_state = g_optim.init(eqx.filter(generator, eqx.is_inexact_array))
    d_state = d_optim.init(discriminator)

    angle = jr.uniform(angle_key, (64,), maxval=2 * jnp.pi)
    real = jnp.stack([jnp.cos(angle), jnp.sin(angle)], axis=-1)

    @eqx.filter_jit
    def train(generator, discriminator, g_state, d_state, key):
        g_key, d_key = jr.split(key)
        d_grads = eqx.filter_grad(discriminator_loss)(
            discriminator, generator, real, jr.normal(d_key, (64, LATENT))
        )
        d_updates, d_state = d_optim.update(d_grads, d_state)
        discriminator = eqx.apply_updates(discriminator, d_updates)
        g_grads = eqx.filter_grad(generator_loss)(generator, discriminator, jr.normal(g_key, (64, LATENT)))
        g_updates, g_state = g_optim.update(g_grads, g_state)
        return eqx.apply_updates(generator, g_updates), discriminator, g_state, d_state

    for key in jr.split(loop_key, 15):
        generator, discriminator, g_state, d_state = train(generator, discriminator, g_state, d_state, key)
    print(generator.layers[0].weight.shape)


if __name__ == "__main__":
    main()
