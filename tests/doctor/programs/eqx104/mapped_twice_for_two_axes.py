import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr


class Height(eqx.Module):
    """The height of a surface over one point of the plane."""

    bumps: jax.Array
    net: eqx.nn.MLP

    def __call__(self, point):
        near = jnp.exp(-jnp.sum((self.bumps - point) ** 2, axis=-1))
        return self.net(near)


@eqx.filter_jit
def render(height, points):
    return jax.vmap(jax.vmap(height))(points)


bump_key, net_key = jr.split(jr.key(1))
height = Height(jr.normal(bump_key, (5, 2)), eqx.nn.MLP(5, "scalar", 8, 1, jnp.tanh, key=net_key))
axis = jnp.linspace(-2.0, 2.0, 30)
points = jnp.stack(jnp.meshgrid(axis, axis), axis=-1)
surface = render(height, points)
assert surface.shape == (30, 30)
print(surface.min(), surface.max())
