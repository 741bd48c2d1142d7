from collections.abc import Callable

import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr


class Well(eqx.Module):
    depth: jax.Array
    centre: jax.Array
    name: str = eqx.field(static=True)
    shape: Callable = eqx.field(static=True)

    def __call__(self, x):
        return -self.depth * self.shape(x - self.centre)


def gaussian(r):
    return jnp.exp(-(r**2))


@jax.jit
def descend(well, x, measured):
    def misfit(well):
        return jnp.mean((jax.vmap(well)(x) - measured) ** 2)

    grads = jax.grad(misfit)(well)
    return jax.tree.map(lambda p, g: p - 0.3 * g, well, grads)


x_key, noise_key = jr.split(jr.key(4))
x = jr.uniform(x_key, (70,), minval=-2.0, maxval=2.0)
measured = -1.5 * gaussian(x - 0.4) + 0.01 * jr.normal(noise_key, (70,))
well = Well(jnp.array(1.0), jnp.array(0.0), "trap", gaussian)
for _ in range(30):
    well = descend(well, x, measured)
print(well.name, well.depth, well.centre)
