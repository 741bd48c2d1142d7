import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class Denoiser(eqx.Module):
    down: eqx.nn.Linear
    up: eqx.nn.Linear

    def __init__(self, size, code, *, key):
        k1, k2 = jax.random.split(key)
        self.down = eqx.nn.Linear(size, code, key=k1)
        self.up = eqx.nn.Linear(code, size, key=k2)

    def __call__(self, x):
        return self.up(jax.nn.relu(self.down(x)))


def make_batch(rng):
    t = np.arange(300)
    frequency = rng.uniform(0.01, 0.1, size=(200, 1))
    clean = np.sin(2 * np.pi * frequency * t)
    noisy = clean + 0.5 * rng.normal(size=clean.shape)
    return noisy.astype(np.float32), clean.astype(np.float32)


@eqx.filter_jit
def step(model, opt_state, noisy, clean):
    def loss_fn(model):
        return jnp.mean((jax.vmap(model)(noisy) - clean) ** 2)

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


rng = np.random.default_rng(0)
model = Denoiser(300, 256, key=jax.random.PRNGKey(0))
optim = optax.adam(1e-3)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for i in range(1, 101):
    model, opt_state, loss = step(model, opt_state, *make_batch(rng))
    if i % 50 == 0:
        print(f"step {i}: {float(loss):.4f}")
