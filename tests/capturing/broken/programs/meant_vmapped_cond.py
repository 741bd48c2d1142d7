"""lax.cond under vmap becomes a select; the branch that is not taken makes NaN, which JAX keeps out of the gradient."""
import jax
import jax.numpy as jnp
import numpy as np


def lens(curvature, height):
    def inside(h):
        return jnp.sqrt(1.0 - (curvature * h) ** 2)

    def outside(h):
        return jnp.zeros_like(h)

    return jax.lax.cond(jnp.abs(curvature * height) < 1.0, inside, outside, height)


def loss_fn(curvature, heights, wanted):
    profile = jax.vmap(lens, in_axes=(None, 0))(curvature, heights)
    return jnp.mean((profile - wanted) ** 2)


@jax.jit
def step(curvature, heights, wanted):
    loss, g = jax.value_and_grad(loss_fn)(curvature, heights, wanted)
    return curvature - 0.02 * g, loss


rng = np.random.default_rng(121)
curvature = jnp.array(0.5)
for n in range(26):
    heights = rng.uniform(0, 1.2, 12).astype(np.float32)
    if n == 20:
        heights[8] = 7.0
    curvature, loss = step(curvature, heights, np.sqrt(np.maximum(0, 1 - (0.45 * heights) ** 2)))
    print(n, curvature, loss)
