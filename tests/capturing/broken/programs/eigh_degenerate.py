"""The gradient of eigenvectors where two eigenvalues are equal."""
import jax
import jax.numpy as jnp
import numpy as np
import optax


def principal_axes(points):
    cov = points.T @ points / len(points)
    return jnp.linalg.eigh(cov)


def loss_fn(params, points):
    values, vectors = principal_axes(points * params["scale"])
    return jnp.sum(vectors[:, -1] ** 4) + 0.01 * jnp.sum(values)


optimizer = optax.sgd(1e-3)


@jax.jit
def train_step(params, state, points):
    loss, grads = jax.value_and_grad(loss_fn)(params, points)
    updates, state = optimizer.update(grads, state)
    return optax.apply_updates(params, updates), state, loss


rng = np.random.default_rng(65)
params = {"scale": jnp.ones(())}
state = optimizer.init(params)
for i in range(20):
    points = rng.normal(size=(8, 3)).astype(np.float32) * np.array([1, 2, 3], np.float32)
    if i == 12:
        points = np.repeat(np.eye(3, dtype=np.float32), 2, axis=0)[[0, 2, 4]]  # a perfect ball
    params, state, loss = train_step(params, state, points)
    print(i, loss)
