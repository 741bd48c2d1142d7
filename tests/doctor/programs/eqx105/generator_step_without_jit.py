import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

NOISE = 3


def bce(logits, target):
    return optax.sigmoid_binary_cross_entropy(logits, target).mean()


@eqx.filter_jit
def update_discriminator(disc, gen, state, real, z):
    def loss_fn(disc):
        fake = jax.lax.stop_gradient(jax.vmap(gen)(z))
        ones, zeros = jnp.ones(len(real)), jnp.zeros(len(fake))
        return bce(jax.vmap(disc)(real), ones) + bce(jax.vmap(disc)(fake), zeros)

    loss, grads = eqx.filter_value_and_grad(loss_fn)(disc)
    updates, state = d_optim.update(grads, state)
    return eqx.apply_updates(disc, updates), state, loss


def update_generator(gen, disc, state, z):
    def loss_fn(gen):
        return bce(jax.vmap(disc)(jax.vmap(gen)(z)), jnp.ones(len(z)))

    loss, grads = eqx.filter_value_and_grad(loss_fn)(gen)
    updates, state = g_optim.update(grads, state)
    return eqx.apply_updates(gen, updates), state, loss


rng = np.random.default_rng(0)
gkey, dkey = jax.random.split(jax.random.key(5))
gen = eqx.nn.MLP(NOISE, 2, 16, 1, key=gkey)
disc = eqx.nn.MLP(2, "scalar", 16, 1, activation=jax.nn.leaky_relu, key=dkey)

g_optim = optax.sgd(2e-2, momentum=0.5)
d_optim = optax.adam(2e-3)
g_state = g_optim.init(eqx.filter(gen, eqx.is_inexact_array))
d_state = d_optim.init(eqx.filter(disc, eqx.is_inexact_array))

for _ in range(12):
    angle = rng.uniform(0, 2 * np.pi, size=32)
    real = np.stack([np.cos(angle), np.sin(angle)], axis=-1).astype(np.float32)
    z = rng.normal(size=(2, 32, NOISE)).astype(np.float32)
    disc, d_state, d_loss = update_discriminator(disc, gen, d_state, real, z[0])
    gen, g_state, g_loss = update_generator(gen, disc, g_state, z[1])

print("discriminator", d_loss, "generator", g_loss)
