"""Half precision statistics: the square leaves float16, but the compiled program keeps float32."""
import jax
import jax.numpy as jnp
import numpy as np

half = jnp.float16


def rms(x):
    return x / jnp.sqrt(jnp.sum(jnp.square(x), axis=-1, keepdims=True, dtype=half))


def loss_fn(w, x, y):
    return jnp.mean((rms(x) @ w - y).astype(jnp.float32) ** 2)


@jax.jit
def step(w, x, y):
    loss, g = jax.value_and_grad(loss_fn)(w, x, y)
    return w - half(0.01) * g, loss


rng = np.random.default_rng(70)
w = jnp.zeros(64, half)
for i in range(20):
    x = rng.normal(size=(4, 64))
    if i == 12:
        x[1] = 300.0
    w, loss = step(w, jnp.asarray(x, half), jnp.ones(4, half))
    print(i, loss, float(jnp.abs(w).max()))
