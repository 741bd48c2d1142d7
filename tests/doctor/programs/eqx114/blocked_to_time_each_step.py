import time

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class Loader:
    """Yields shuffled, standardised windows of a long recording."""

    def __init__(self, recording, window, batch_size, seed):
        self.recording, self.window, self.batch_size = recording, window, batch_size
        self.rng = np.random.default_rng(seed)

    def __iter__(self):
        while True:
            last = len(self.recording) - self.window - 1
            starts = self.rng.integers(0, last, size=(self.batch_size, 1))
            windows = self.recording[starts + np.arange(self.window)]
            mean = windows.mean(axis=1, keepdims=True)
            std = windows.std(axis=1, keepdims=True)
            windows = (windows - mean) / std + 0.05 * self.rng.normal(size=windows.shape)
            windows = windows.astype(np.float32)
            yield windows[:, :-1], windows[:, -1]


params, static = eqx.partition(
    eqx.nn.MLP(384, "scalar", 384, 2, key=jax.random.PRNGKey(0)), eqx.is_inexact_array
)
optim = optax.sgd(1e-3)
opt_state = optim.init(params)


@jax.jit
def step(params, opt_state, x, y):
    def loss_fn(params):
        model = eqx.combine(params, static)
        return jnp.mean(jnp.abs(jax.vmap(model)(x) - y))

    loss, grads = jax.value_and_grad(loss_fn)(params)
    updates, opt_state = optim.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state, loss


recording = np.cumsum(np.random.default_rng(0).normal(size=50_000))
seconds = []
for _, (x, y) in zip(range(20), Loader(recording, 385, 384, seed=1)):
    begin = time.perf_counter()
    params, opt_state, loss = step(params, opt_state, x, y)
    jax.block_until_ready(loss)
    seconds.append(time.perf_counter() - begin)
print(f"median step {1e3 * np.median(seconds):.1f} ms, loss {loss.item():.3f}")
