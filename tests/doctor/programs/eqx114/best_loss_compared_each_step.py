import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class Potential(eqx.Module):
    first: eqx.nn.Linear
    second: eqx.nn.Linear
    third: eqx.nn.Linear
    scale: jax.Array

    def __init__(self, width, *, key):
        k1, k2, k3 = jax.random.split(key, 3)
        self.first = eqx.nn.Linear(3, width, key=k1)
        self.second = eqx.nn.Linear(width, width, key=k2)
        self.third = eqx.nn.Linear(width, "scalar", key=k3)
        self.scale = jnp.ones(())

    def __call__(self, position):
        x = jax.nn.silu(self.first(position))
        return self.scale * self.third(jax.nn.silu(self.second(x)))


def sample(rng, atoms, n):
    """Positions in a box and the Lennard-Jones energy of a probe there."""
    positions = rng.uniform(-3, 3, size=(n, 3))
    squared = np.sum((positions[:, None] - atoms[None]) ** 2, axis=-1) + 0.5
    energy = np.sum(1 / squared**6 - 1 / squared**3, axis=1)
    return positions.astype(np.float32), np.arcsinh(energy).astype(np.float32)


@jax.jit
def step(model, opt_state, positions, energy):
    def loss_fn(model):
        return jnp.mean((jax.vmap(model)(positions) - energy) ** 2)

    loss, grads = jax.value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


rng = np.random.default_rng(3)
atoms = rng.uniform(-3, 3, size=(60, 3))
model = Potential(256, key=jax.random.PRNGKey(3))
optim = optax.adam(3e-3)
opt_state = optim.init(model)
best = np.inf
for i in range(20):
    positions, energy = sample(rng, atoms, 2000)
    model, opt_state, loss = step(model, opt_state, positions, energy)
    if loss < best:
        best, best_step = loss, i
print("best loss", best, "at step", best_step)
