import jax
import jax.numpy as jnp


def weighted_sum(weights, x):
    """Return one number from two vectors of the same length."""
    return jnp.dot(weights, x)


weights = jnp.array([0.5, 0.3, 0.2])
xs = jnp.ones((5, 3))  # five examples
columns = jnp.ones((3, 5))  # the same five, as columns

print(jax.vmap(weighted_sum, in_axes=(None, 0))(weights, xs).shape)
print(
    jax.vmap(weighted_sum, in_axes=(None, 1))(weights, columns).shape
)


def scaled(weights, x):
    """Return a vector, the product of two."""
    return weights * x


print(
    jax.vmap(scaled, in_axes=(None, 0), out_axes=0)(weights, xs).shape
)
