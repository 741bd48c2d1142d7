import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr


def make_mover(net, mass, dt):
    """Return a compiled function that moves particles in the field of the potential `net`."""

    @jax.jit
    def move(positions, velocities):
        potential, slope = jax.vmap(jax.value_and_grad(net))(positions)
        velocities = velocities - dt / mass * slope
        kinetic = 0.5 * mass * jnp.sum(velocities**2, axis=-1)
        return positions + dt * velocities, velocities, jnp.mean(potential + kinetic)

    return move


net_key, position_key = jr.split(jr.key(5))
net = eqx.nn.MLP(3, "scalar", 12, 2, activation=jax.nn.softplus, key=net_key)
move = make_mover(net, mass=2.0, dt=0.05)
positions = jr.normal(position_key, (20, 3))
velocities = jnp.zeros((20, 3))
for _ in range(20):
    positions, velocities, energy = move(positions, velocities)
print(energy)
