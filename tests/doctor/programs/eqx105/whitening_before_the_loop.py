import jax
import jax.numpy as jnp
import numpy as np
import optax

rng = np.random.default_rng(8)
raw = jnp.asarray(rng.normal(size=(256, 12)) @ rng.normal(size=(12, 12)), dtype=jnp.float32)
weights = jnp.asarray(rng.normal(size=12), dtype=jnp.float32)

# Whiten the features, drop the weak directions, standardise the targets.
centred = raw - raw.mean(axis=0)
covariance = centred.T @ centred / len(centred)
values, vectors = jnp.linalg.eigh(covariance)
features = centred @ vectors[:, 4:] / jnp.sqrt(values[4:])
targets = jnp.tanh(centred @ weights)
targets = (targets - targets.mean()) / targets.std()

params = {"w": jnp.zeros(8), "b": jnp.zeros(())}
optim = optax.chain(optax.clip(1.0), optax.sgd(0.1, momentum=0.9))
opt_state = optim.init(params)


def loss_fn(params, x, y):
    return jnp.mean((x @ params["w"] + params["b"] - y) ** 2)


@jax.jit
def step(params, opt_state, x, y):
    loss, grads = jax.value_and_grad(loss_fn)(params, x, y)
    updates, opt_state = optim.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss


for _ in range(30):
    params, opt_state, loss = step(params, opt_state, features, targets)

residual = features @ params["w"] + params["b"] - targets
explained = 1 - jnp.var(residual) / jnp.var(targets)
quantiles = jnp.quantile(jnp.abs(residual), jnp.array([0.5, 0.9, 0.99]))
print("explained variance", explained, "residual quantiles", quantiles)
