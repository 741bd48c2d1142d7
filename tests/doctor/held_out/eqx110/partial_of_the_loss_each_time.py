from functools import partial

import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


def pinball(quantile, predicted, observed):
    error = observed - predicted
    return jnp.mean(jnp.maximum(quantile * error, (quantile - 1) * error))


@eqx.filter_jit
def improve(model, opt_state, batch, criterion):
    inputs, observed = batch

    def objective(model):
        return criterion(jax.vmap(model)(inputs), observed)

    value, grads = eqx.filter_value_and_grad(objective)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, value


def batches(n, seed):
    rng = np.random.default_rng(seed)
    for _ in range(n):
        x = rng.uniform(0, 1, size=(32, 1))
        y = np.sin(4 * x[:, 0]) + 0.2 * x[:, 0] * rng.normal(size=32)
        yield x.astype(np.float32), y.astype(np.float32)


optim = optax.adam(1e-2)
model = eqx.nn.MLP(1, "scalar", 8, 1, activation=jax.nn.softplus, key=jax.random.key(3))
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
config = {"quantile": 0.9, "n_steps": 6}

for batch in batches(config["n_steps"], seed=3):
    criterion = partial(pinball, config["quantile"])
    model, opt_state, value = improve(model, opt_state, batch, criterion)
print("pinball loss", value)
