"""Logistic regression on two blobs, with momentum."""

import jax
import jax.numpy as jnp
import numpy as np
import optax


def make_blobs(n):
    rng = np.random.default_rng(7)
    centres = np.array([[-1.0, -0.5], [1.0, 0.8]])
    labels = rng.integers(0, 2, size=n)
    points = centres[labels] + 0.6 * rng.normal(size=(n, 2))
    return points.astype(np.float32), labels.astype(np.float32)


def logits(params, x):
    hidden = jnp.tanh(x @ params["w1"] + params["b1"])
    return hidden @ params["w2"] + params["b2"]


def loss_fn(params, x, y):
    return jnp.mean(optax.sigmoid_binary_cross_entropy(logits(params, x), y))


def main():
    x, y = make_blobs(200)
    k1, k2 = jax.random.split(jax.random.PRNGKey(1))
    params = {
        "w1": 0.5 * jax.random.normal(k1, (2, 16)),
        "b1": jnp.zeros(16),
        "w2": 0.5 * jax.random.normal(k2, (16,)),
        "b2": jnp.zeros(()),
    }
    optim = optax.sgd(0.3, momentum=0.9)
    opt_state = optim.init(params)
    for _ in range(15):
        loss, grads = jax.value_and_grad(loss_fn)(params, x, y)
        updates, opt_state = optim.update(grads, opt_state, params)
        params = optax.apply_updates(params, updates)
    print("loss", loss)


if __name__ == "__main__":
    main()
