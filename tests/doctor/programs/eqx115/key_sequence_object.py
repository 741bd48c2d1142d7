import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class KeySequence:
    """`next()` gives a key that was never given before."""

    def __init__(self, seed):
        self._key = jr.key(seed)

    def __iter__(self):
        return self

    def __next__(self):
        self._key, fresh = jr.split(self._key)
        return fresh


class Generator(eqx.Module):
    mlp: eqx.nn.MLP

    def __call__(self, key):
        return self.mlp(jr.normal(key, (2,)))


def moments_loss(generator, real, key):
    fake = jax.vmap(generator)(jr.split(key, 64))
    mean = jnp.sum((fake.mean(axis=0) - real.mean(axis=0)) ** 2)
    return mean + jnp.sum((jnp.cov(fake.T) - jnp.cov(real.T)) ** 2)


optim = optax.adam(1e-2)


@eqx.filter_jit
def step(generator, opt_state, real, key):
    loss, grads = eqx.filter_value_and_grad(moments_loss)(generator, real, key)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(generator, updates), opt_state, loss


keys = KeySequence(8)
real = jr.normal(next(keys), (200, 2)) @ jnp.array([[1.0, 0.8], [0.0, 0.6]]) + 1.0
generator = Generator(eqx.nn.MLP(2, 2, 16, 1, key=next(keys)))
opt_state = optim.init(eqx.filter(generator, eqx.is_inexact_array))
for _, key in zip(range(20), keys):
    generator, opt_state, loss = step(generator, opt_state, real, key)
print("loss", loss)
