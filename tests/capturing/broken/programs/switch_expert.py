"""Four experts behind a switch; the third one takes the square root of what may be negative."""
import jax
import jax.numpy as jnp
import numpy as np


def linear(p, x):
    return p * x


def quadratic(p, x):
    return p * x**2


def root(p, x):
    return p * jnp.sqrt(x + 1.0)


def wave(p, x):
    return jnp.sin(p * x)


EXPERTS = (linear, quadratic, root, wave)


def predict(params, x, kind):
    return jax.lax.switch(kind, EXPERTS, params[kind], x)


@jax.jit
def update(params, x, kind, y):
    def loss_fn(params):
        return jnp.mean((predict(params, x, kind) - y) ** 2)

    loss, g = jax.value_and_grad(loss_fn)(params)
    return params - 0.05 * g, loss


rng = np.random.default_rng(63)
params = jnp.ones(4)
for i in range(32):
    x = rng.uniform(-0.9, 0.9, 10).astype(np.float32)
    if i == 10:
        x[2] = -1.5  # expert 2 is not asked until ...
    if i in (25, 26):
        x[2] = -1.5
    params, loss = update(params, x, (i + 1) % 4, 0.5 * x)
    print(i, (i + 1) % 4, loss)
