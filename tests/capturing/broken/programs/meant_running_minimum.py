"""A scan whose carry is a running minimum that begins with infinity."""
import jax
import jax.numpy as jnp
import numpy as np


def closest(points, centre):
    def visit(best, point):
        best = jnp.minimum(best, jnp.sum((point - centre) ** 2))
        return best, None

    return jax.lax.scan(visit, jnp.inf, points)[0]


@jax.jit
def step(centres, points):
    def loss_fn(centres):
        return jnp.mean(jax.vmap(closest, in_axes=(None, 0))(points, centres))

    loss, g = jax.value_and_grad(loss_fn)(centres)
    return centres - 0.2 * g, loss


rng = np.random.default_rng(81)
centres = jnp.asarray(rng.normal(size=(3, 2)), jnp.float32)
for n in range(25):
    centres, loss = step(centres, rng.normal(size=(12, 2)).astype(np.float32))
    print(n, loss)
