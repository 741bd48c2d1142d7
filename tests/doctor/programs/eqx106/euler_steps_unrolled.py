"""Fits the rates of a predator-prey model to a noisy trajectory."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

DT = 0.1
N_STEPS = 30


def rhs(state, rates):
    prey, predator = state[0], state[1]
    growth = rates["birth"] * prey - rates["hunt"] * prey * predator
    decline = rates["feed"] * prey * predator - rates["death"] * predator
    return jnp.stack([growth, decline])


def simulate(log_rates, start):
    rates = jax.tree.map(jnp.exp, log_rates)
    state = start
    trajectory = []
    for _ in range(N_STEPS):
        state = state + DT * rhs(state, rates)
        trajectory.append(state)
    return jnp.stack(trajectory)


@jax.jit
def update(log_rates, opt_state, start, observed):
    def misfit(log_rates):
        return jnp.mean((simulate(log_rates, start) - observed) ** 2)

    loss, grads = jax.value_and_grad(misfit)(log_rates)
    changes, opt_state = optim.update(grads, opt_state)
    return optax.apply_updates(log_rates, changes), opt_state, loss


truth = {"birth": 1.1, "hunt": 0.4, "feed": 0.1, "death": 0.4}
state = np.array([10.0, 5.0])
observed = []
for _ in range(N_STEPS):
    state = state + DT * np.array(
        [
            truth["birth"] * state[0] - truth["hunt"] * state[0] * state[1],
            truth["feed"] * state[0] * state[1] - truth["death"] * state[1],
        ]
    )
    observed.append(state)
observed = np.stack(observed).astype(np.float32)

log_rates = {name: jnp.log(jnp.float32(rate * 1.2)) for name, rate in truth.items()}
optim = optax.adam(0.02)
opt_state = optim.init(log_rates)
start = np.array([10.0, 5.0], dtype=np.float32)
for _ in range(12):
    log_rates, opt_state, loss = update(log_rates, opt_state, start, observed)
print("misfit", loss)
