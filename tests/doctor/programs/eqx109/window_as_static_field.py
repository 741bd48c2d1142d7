import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class SmoothedFilter(eqx.Module):
    taps: jax.Array
    window: jax.Array = eqx.field(static=True)

    def __init__(self, size, *, key):
        self.taps = 0.1 * jr.normal(key, (size,))
        self.window = jnp.hanning(size)

    def __call__(self, signal):
        return jnp.convolve(signal, self.taps * self.window, mode="same")


def loss_fn(model, signals, targets):
    return jnp.mean((jax.vmap(model)(signals) - targets) ** 2)


@eqx.filter_jit
def step(model, opt_state, signals, targets):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, signals, targets)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


data_key, model_key = jr.split(jr.PRNGKey(1))
signals = jr.normal(data_key, (16, 64))
targets = jax.vmap(lambda s: jnp.convolve(s, jnp.ones(5) / 5, mode="same"))(signals)
model = SmoothedFilter(9, key=model_key)
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(20):
    model, opt_state, loss = step(model, opt_state, signals, targets)
print("final loss", loss)
