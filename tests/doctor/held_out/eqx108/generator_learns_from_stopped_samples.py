import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax

LATENT = 3


def sample(generator, key, count):
    noise = jr.normal(key, (count, LATENT))
    return jax.lax.stop_gradient(jax.vmap(generator)(noise))


def discriminator_loss(discriminator, generator, real, key):
    fake = sample(generator, key, len(real))
    on_real = jax.nn.softplus(-jax.vmap(discriminator)(real))
    on_fake = jax.nn.softplus(jax.vmap(discriminator)(fake))
    return jnp.mean(on_real) + jnp.mean(on_fake)


def generator_loss(generator, discriminator, key, batch_size):
    logits = jax.vmap(discriminator)(sample(generator, key, batch_size))
    return jnp.mean(jax.nn.softplus(-logits))


@eqx.filter_jit
def step(generator, discriminator, g_state, d_state, real, key):
    key, d_key, g_key = jr.split(key, 3)
    d_loss, d_grads = eqx.filter_value_and_grad(discriminator_loss)(discriminator, generator, real, d_key)
    updates, d_state = d_optim.update(d_grads, d_state)
    discriminator = eqx.apply_updates(discriminator, updates)
    g_loss, g_grads = eqx.filter_value_and_grad(generator_loss)(generator, discriminator, g_key, len(real))
    updates, g_state = g_optim.update(g_grads, g_state)
    generator = eqx.apply_updates(generator, updates)
    return generator, discriminator, g_state, d_state, key, (d_loss, g_loss)


real_key, g_key, d_key, key = jr.split(jr.PRNGKey(23), 4)
real = jr.normal(real_key, (64, 2)) * jnp.array([1.0, 0.3]) + jnp.array([2.0, -1.0])
generator = eqx.nn.MLP(LATENT, 2, 16, 1, key=g_key)
discriminator = eqx.nn.MLP(2, "scalar", 16, 1, key=d_key)
g_optim, d_optim = optax.adam(1e-3), optax.adam(1e-3)
g_state = g_optim.init(eqx.filter(generator, eqx.is_inexact_array))
d_state = d_optim.init(eqx.filter(discriminator, eqx.is_inexact_array))
for _ in range(15):
    generator, discriminator, g_state, d_state, key, losses = step(
        generator, discriminator, g_state, d_state, real, key
    )
print("losses", losses)
