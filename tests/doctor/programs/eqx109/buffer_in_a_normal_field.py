import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class SpectralFilter(eqx.Module):
    gains: jax.Array
    window: jax.Array
    size: int = eqx.field(static=True)

    def __init__(self, size, *, key):
        self.gains = 1 + 0.1 * jr.normal(key, (size // 2 + 1,))
        self.window = jnp.hamming(size)
        self.size = size

    def __call__(self, signal):
        spectrum = jnp.fft.rfft(signal * jax.lax.stop_gradient(self.window))
        return jnp.fft.irfft(spectrum * self.gains, n=self.size)


def loss_fn(model, signals, targets):
    return jnp.mean((jax.vmap(model)(signals) - targets) ** 2)


@eqx.filter_jit
def step(model, opt_state, signals, targets):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, signals, targets)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


data_key, model_key = jr.split(jr.PRNGKey(1))
signals = jr.normal(data_key, (16, 32))
targets = 0.5 * signals
model = SpectralFilter(32, key=model_key)
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(20):
    model, opt_state, loss = step(model, opt_state, signals, targets)
print("final loss", loss)
