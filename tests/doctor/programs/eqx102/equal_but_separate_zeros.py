import jax
import jax.numpy as jnp
import optax


def linear_response(n):
    return {"slope": jnp.zeros(n), "offset": jnp.zeros(n), "scale": jnp.ones(n)}


def predict(params, t):
    prey = params["prey"]["scale"] * jnp.exp(params["prey"]["slope"] * t[:, None]) + params["prey"]["offset"]
    hunters = params["hunters"]["scale"] / (1.0 + t[:, None] ** 2 * params["hunters"]["slope"] ** 2)
    return prey - hunters * params["hunters"]["offset"]


optimiser = optax.adam(2e-2)


@jax.jit
def step(params, opt_state, t, counts):
    def misfit(params):
        return jnp.mean((predict(params, t) - counts) ** 2)

    loss, grads = jax.value_and_grad(misfit)(params)
    updates, opt_state = optimiser.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state, loss


t = jnp.linspace(0.0, 1.0, 40)
counts = jnp.stack([2.0 - t, jnp.exp(-t), 1 + 0.3 * t], axis=1)
params = {"prey": linear_response(3), "hunters": linear_response(3)}
params["hunters"]["slope"] = jnp.full(3, 0.5)
opt_state = optimiser.init(params)
for _ in range(30):
    params, opt_state, loss = step(params, opt_state, t, counts)
print(loss)
