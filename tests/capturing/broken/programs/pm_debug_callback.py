"""A check by jax.debug.callback finds a gradient that is too large."""
import jax
import jax.numpy as jnp
import numpy as np


class GradientTooLarge(Exception):
    pass


def check(norm):
    if norm > 50:
        raise GradientTooLarge(f"gradient norm {float(norm):.0f}")


@jax.jit
def update(w, x, y):
    loss, g = jax.value_and_grad(lambda w: jnp.mean((x @ w - y) ** 2))(w)
    jax.debug.callback(check, jnp.linalg.norm(g))
    return w - 0.01 * g, loss


rng = np.random.default_rng(7)
w = jnp.zeros(4)
for n in range(20):
    x = rng.normal(size=(8, 4)).astype(np.float32)
    if n == 13:
        x *= 30
    w, loss = update(w, x, x.sum(1))
    jax.effects_barrier()
    print(n, loss)
