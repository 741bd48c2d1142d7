import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


def make_windows(series, width):
    windows = np.lib.stride_tricks.sliding_window_view(series, width)
    return windows.copy(), series[width:]


class Forecaster(eqx.Module):
    lstm: eqx.nn.LSTMCell
    head: eqx.nn.Linear

    def __init__(self, hidden, key):
        k1, k2 = jax.random.split(key)
        self.lstm = eqx.nn.LSTMCell(1, hidden, key=k1)
        self.head = eqx.nn.Linear(hidden, "scalar", key=k2)

    def __call__(self, window):
        zero = jnp.zeros(self.lstm.hidden_size)
        (hidden, _), _ = jax.lax.scan(lambda c, x: (self.lstm(x, c), None), (zero, zero), window[:, None])
        return self.head(hidden)


def loss_fn(model, windows, targets):
    errors = jax.vmap(lambda w, t: (model(w) - t) ** 2)(windows, targets)
    return jnp.mean(errors)


@eqx.filter_jit
def step(model, opt_state, windows, targets):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, windows, targets)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


series = np.sin(np.linspace(0, 12, 40)).astype(np.float32)
windows, targets = make_windows(series, width=4)
model = Forecaster(8, jax.random.PRNGKey(0))
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(10):
    model, opt_state, loss = step(model, opt_state, windows, targets)
print("loss", loss)
