from dataclasses import dataclass

import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


@dataclass(frozen=True)
class Stage:
    length: int
    n_steps: int


class Smoother(eqx.Module):
    conv: eqx.nn.Conv1d
    mix: eqx.nn.Conv1d

    def __init__(self, channels, *, key):
        k1, k2 = jax.random.split(key)
        self.conv = eqx.nn.Conv1d(1, channels, 5, padding=2, key=k1)
        self.mix = eqx.nn.Conv1d(channels, 1, 1, key=k2)

    def __call__(self, series):
        return self.mix(jnp.tanh(self.conv(series)))


@eqx.filter_jit(donate="all")
def step(model, opt_state, noisy, clean):
    def loss_fn(model):
        return jnp.mean((jax.vmap(model)(noisy) - clean) ** 2)

    grads = eqx.filter_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state


rng = np.random.default_rng(1)
model = Smoother(4, key=jax.random.PRNGKey(1))
optim = optax.sgd(0.1)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

for stage in (Stage(16, 12), Stage(32, 12), Stage(64, 12)):
    for _ in range(stage.n_steps):
        phase = rng.uniform(0, 2 * np.pi, size=(8, 1, 1))
        clean = np.sin(np.arange(stage.length) / 3 + phase)
        noisy = clean + 0.3 * rng.normal(size=clean.shape)
        model, opt_state = step(
            model, opt_state, noisy.astype(np.float32), clean.astype(np.float32)
        )
print("mixing bias", model.mix.bias)
