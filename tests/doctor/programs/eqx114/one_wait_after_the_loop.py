import time

import jax
import jax.numpy as jnp
import numpy as np
import optax


def loss_fn(params, x, y):
    h = jax.nn.silu(x @ params["w0"] + params["b0"])
    h = jax.nn.silu(h @ params["w1"] + params["b1"])
    return optax.sigmoid_binary_cross_entropy(h @ params["w2"], y).mean()


optim = optax.adam(1e-3)


@jax.jit
def step(params, opt_state, x, y):
    loss, grads = jax.value_and_grad(loss_fn)(params, x, y)
    updates, opt_state = optim.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state, loss


rng = np.random.default_rng(0)
sizes = {"w0": (256, 384), "b0": (384,), "w1": (384, 384), "b1": (384,), "w2": (384,)}
params = {
    name: jnp.asarray(rng.normal(size=shape) / np.sqrt(shape[0]), dtype=jnp.float32)
    for name, shape in sizes.items()
}
opt_state = optim.init(params)

losses = []
begin = time.perf_counter()
for _ in range(30):
    x = rng.standard_normal((384, 256))
    x = np.sign(x) * np.log1p(np.abs(x))
    y = x[:, :128].max(axis=1) > x[:, 128:].max(axis=1)
    params, opt_state, loss = step(params, opt_state, x.astype(np.float32), y.astype(np.float32))
    losses.append(loss)
losses = np.asarray(jax.block_until_ready(jnp.stack(losses)))
print(f"{(time.perf_counter() - begin) / 30 * 1e3:.1f} ms a step, last loss {losses[-1]:.3f}")
