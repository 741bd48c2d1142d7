import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class GAN(eqx.Module):
    generator: eqx.nn.MLP
    discriminator: eqx.nn.MLP

    def __init__(self, latent, size, *, key):
        g_key, d_key = jr.split(key)
        self.generator = eqx.nn.MLP(latent, size, 16, 1, key=g_key)
        self.discriminator = eqx.nn.MLP(size, "scalar", 16, 1, key=d_key)


def losses(gan, real, noise):
    fake = jax.vmap(gan.generator)(noise)
    judge = jax.vmap(gan.discriminator)
    on_fake = jax.nn.softplus(judge(jax.lax.stop_gradient(fake))).mean()
    d_loss = jax.nn.softplus(-judge(real)).mean() + on_fake
    fixed, static = eqx.partition(gan.discriminator, eqx.is_inexact_array)
    fixed_judge = eqx.combine(jax.lax.stop_gradient(fixed), static)
    g_loss = jax.nn.softplus(-jax.vmap(fixed_judge)(fake)).mean()
    return d_loss + g_loss, (d_loss, g_loss)


optim = optax.adam(2e-3)


@eqx.filter_jit
def step(gan, opt_state, real, key):
    key, noise_key = jr.split(key)
    noise = jr.normal(noise_key, (real.shape[0], 3))
    (_, parts), grads = eqx.filter_value_and_grad(losses, has_aux=True)(gan, real, noise)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(gan, updates), opt_state, key, parts


real_key, model_key, key = jr.split(jr.PRNGKey(29), 3)
real = jr.normal(real_key, (64, 2)) + jnp.array([1.5, -0.5])
gan = GAN(3, 2, key=model_key)
opt_state = optim.init(eqx.filter(gan, eqx.is_inexact_array))
for _ in range(15):
    gan, opt_state, key, parts = step(gan, opt_state, real, key)
print("losses", parts)
