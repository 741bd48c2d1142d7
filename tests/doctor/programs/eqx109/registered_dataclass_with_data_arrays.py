import dataclasses

import jax
import jax.numpy as jnp
import jax.random as jr
import optax


@jax.tree_util.register_dataclass
@dataclasses.dataclass
class Kalman:
    transition: jax.Array
    gain: jax.Array
    name: str = dataclasses.field(metadata={"static": True})
    size: int = dataclasses.field(metadata={"static": True})

    def filter(self, observations):
        def one(state, observed):
            predicted = self.transition @ state
            state = predicted + self.gain @ (observed - predicted)
            return state, predicted

        return jax.lax.scan(one, jnp.zeros(self.size), observations)[1]


def loss_fn(model, observations):
    predicted = jax.vmap(model.filter)(observations)
    return jnp.mean((predicted - observations) ** 2)


optim = optax.adam(1e-2)


@jax.jit
def step(model, opt_state, observations):
    loss, grads = jax.value_and_grad(loss_fn)(model, observations)
    updates, opt_state = optim.update(grads, opt_state)
    return optax.apply_updates(model, updates), opt_state, loss


walk_key, gain_key = jr.split(jr.PRNGKey(4))
observations = jnp.cumsum(jr.normal(walk_key, (10, 20, 2)), axis=1)
model = Kalman(jnp.eye(2), 0.1 * jr.normal(gain_key, (2, 2)), name="walk", size=2)
opt_state = optim.init(model)
for _ in range(20):
    model, opt_state, loss = step(model, opt_state, observations)
print(model.name, loss)
