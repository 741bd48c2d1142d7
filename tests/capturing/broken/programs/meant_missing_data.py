"""Missing values are NaN in the data and are replaced in the step."""
import jax
import jax.numpy as jnp
import numpy as np
import optax


def impute(x, fill):
    missing = jnp.isnan(x)
    return jnp.where(missing, fill, x), missing


def loss_fn(params, x, y):
    x, missing = impute(x, params["fill"])
    features = jnp.concatenate([x, missing.astype(x.dtype)], axis=1)
    return jnp.mean((features @ params["w"] - y) ** 2)


optimizer = optax.adam(1e-2)


@jax.jit
def train_step(params, state, x, y):
    loss, grads = jax.value_and_grad(loss_fn)(params, x, y)
    updates, state = optimizer.update(grads, state)
    return optax.apply_updates(params, updates), state, loss


rng = np.random.default_rng(82)
params = {"fill": jnp.zeros(4), "w": jnp.zeros(8)}
state = optimizer.init(params)
for i in range(30):
    x = rng.normal(size=(16, 4)).astype(np.float32)
    y = x.sum(1)
    x[rng.random(x.shape) < 0.2] = np.nan
    params, state, loss = train_step(params, state, x, y)
    print(i, loss)
