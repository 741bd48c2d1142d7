"""Heat in a plate, step by step, with a look at its mean now and then."""

import jax
import jax.numpy as jnp
import numpy as np


@jax.jit
def heat_step(field, conductivity, source, dt):
    padded = jnp.pad(field, 1, mode="edge")
    laplacian = padded[2:, 1:-1] + padded[:-2, 1:-1] + padded[1:-1, 2:] + padded[1:-1, :-2]
    laplacian = laplacian - 4 * field
    flux_x = jnp.diff(conductivity, axis=0, append=conductivity[-1:]) * jnp.diff(
        field, axis=0, append=field[-1:]
    )
    flux_y = jnp.diff(conductivity, axis=1, append=conductivity[:, -1:]) * jnp.diff(
        field, axis=1, append=field[:, -1:]
    )
    return field + dt * (conductivity * laplacian + flux_x + flux_y + source)


def main():
    rng = np.random.default_rng(0)
    conductivity = jnp.asarray(rng.uniform(0.5, 1.5, size=(48, 48)), dtype=jnp.float32)
    source = jnp.zeros((48, 48)).at[20:28, 20:28].set(1.0)
    field = jnp.zeros((48, 48))
    for _ in range(200):
        field = heat_step(field, conductivity, source, 0.1)
    print("mean temperature", field.mean(), "peak", field.max())


main()
