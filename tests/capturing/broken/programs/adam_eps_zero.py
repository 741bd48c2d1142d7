"""Adam with eps=0, and a weight that gets no gradient before step 15."""
import jax
import jax.numpy as jnp
import numpy as np
import optax

optimizer = optax.adam(1e-2, eps=0.0)


def loss_fn(params, x, y):
    return jnp.mean((jnp.tanh(x @ params["w"]) * params["scale"] - y) ** 2)


@jax.jit
def step(params, opt_state, x, y):
    loss, grads = jax.value_and_grad(loss_fn)(params, x, y)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    params = optax.apply_updates(params, updates)
    return params, opt_state, loss


rng = np.random.default_rng(44)
params = {"w": jnp.asarray(rng.normal(size=3), jnp.float32), "scale": jnp.ones(())}
opt_state = optimizer.init(params)
for i in range(20):
    x = rng.normal(size=(10, 3)).astype(np.float32)
    y = np.tanh(x[:, 0])
    if i == 5:  # a new sensor is added: its column is 0 for a while
        params["w"] = jnp.append(params["w"], 0.0)
        opt_state = optimizer.init(params)
    if i >= 5:
        x = np.concatenate([x, np.zeros((10, 1), np.float32)], axis=1)
    params, opt_state, loss = step(params, opt_state, x, y)
    print(i, loss)
