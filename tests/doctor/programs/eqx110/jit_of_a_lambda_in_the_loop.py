import jax
import jax.numpy as jnp
import numpy as np

rng = np.random.default_rng(2)
t = np.linspace(0, 4, 50, dtype=np.float32)
signal = (2.0 * np.exp(-0.7 * t) + 0.3 + 0.02 * rng.normal(size=50)).astype(np.float32)


def decay(params, t):
    return params["scale"] * jnp.exp(-params["rate"] * t) + params["offset"]


def fit(learning_rate, n_steps):
    params = {"scale": jnp.array(1.0), "rate": jnp.array(1.0), "offset": jnp.array(0.0)}
    for _ in range(n_steps):
        descend = jax.jit(
            lambda p: jax.tree.map(
                lambda v, g: v - learning_rate * g,
                p,
                jax.grad(lambda q: jnp.mean((decay(q, t) - signal) ** 2))(p),
            )
        )
        params = descend(params)
    return params


print({name: round(value.item(), 2) for name, value in fit(0.3, 15).items()})
