import jax
import jax.numpy as jnp


def lennard_jones(distance):
    return 4.0 * (distance**-12 - distance**-6)


def energy(system):
    positions = system["positions"]
    i, j = jnp.triu_indices(positions.shape[0], k=1)
    distance = jnp.linalg.norm(positions[i] - positions[j], axis=-1)
    return jnp.sum(system["potential"](distance)) + system["spring"] * jnp.sum(positions**2)


def relax(positions, n_steps=25, rate=1e-3):
    system = {
        "positions": positions,
        "potential": lennard_jones,
        "spring": jnp.array(0.2),
    }
    for _ in range(n_steps):
        forces = jax.grad(energy)(system)
        system["positions"] = system["positions"] - rate * forces["positions"]
    return system["positions"]


start = 1.3 * jnp.stack(jnp.meshgrid(jnp.arange(3.0), jnp.arange(2.0)), axis=-1).reshape(-1, 2)
print(relax(start))
