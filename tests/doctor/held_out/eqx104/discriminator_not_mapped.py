import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Discriminator(eqx.Module):
    layers: list
    slope: float = eqx.field(static=True)

    def __init__(self, size, *, key, slope=0.2):
        first, second = jr.split(key)
        self.layers = [eqx.nn.Linear(size, 12, key=first), eqx.nn.Linear(12, "scalar", key=second)]
        self.slope = slope

    def __call__(self, sample):
        hidden, out = self.layers
        return out(jax.nn.leaky_relu(hidden(sample), self.slope))


def generator_loss(generator, discriminator, noise):
    fake = jax.vmap(generator)(noise)
    return jnp.mean(jax.nn.softplus(-discriminator(fake)))


@eqx.filter_jit
def generator_step(generator, discriminator, state, key):
    noise = jr.normal(key, (24, 3))
    loss, grads = eqx.filter_value_and_grad(generator_loss)(generator, discriminator, noise)
    updates, state = optim.update(grads, state)
    return eqx.apply_updates(generator, updates), state, loss


g_key, d_key, loop_key = jr.split(jr.key(0), 3)
generator = eqx.nn.MLP(3, 2, 12, 1, key=g_key)
discriminator = Discriminator(2, key=d_key)
optim = optax.adam(1e-3)
state = optim.init(eqx.filter(generator, eqx.is_inexact_array))
for key in jr.split(loop_key, 6):
    generator, state, loss = generator_step(generator, discriminator, state, key)
print(loss)
