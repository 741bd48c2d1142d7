import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax
from jaxtyping import Array


class Autoencoder(eqx.Module):
    encoder: eqx.nn.Linear
    decoder: eqx.nn.Linear

    def __init__(self, size, *, key):
        encoder_key, decoder_key = jr.split(key)
        self.encoder = eqx.nn.Linear(size, size, key=encoder_key)
        self.decoder = eqx.nn.Linear(size, size, key=decoder_key)

    def __call__(self, x: Array) -> Array:
        return self.decoder(jnp.tanh(self.encoder(x)))


def make(key):
    return eqx.nn.Shared(
        Autoencoder(7, key=key),
        where=lambda model: model.decoder.weight,
        get=lambda model: model.encoder.weight.T,
    )


@eqx.filter_jit
def step(shared, opt_state, x, rate):
    def loss_fn(shared):
        return jnp.mean((jax.vmap(shared())(x) - x) ** 2)

    loss, grads = eqx.filter_value_and_grad(loss_fn)(shared)
    updates, opt_state = optim.update(grads, opt_state)
    updates = jax.tree.map(lambda u: -rate * u, updates)
    return eqx.apply_updates(shared, updates), opt_state, loss


shared = make(jr.key(3))
x = jr.normal(jr.key(4), (50, 7))
optim = optax.scale_by_adam()
opt_state = optim.init(eqx.filter(shared, eqx.is_inexact_array))
rate = jnp.array(1e-2)
for _ in range(10):
    shared, opt_state, loss = step(shared, opt_state, x, rate)
print(loss)
