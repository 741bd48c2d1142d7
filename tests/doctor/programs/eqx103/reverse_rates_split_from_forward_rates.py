import jax
import jax.numpy as jnp
import optax


def simulate(params, start, n_steps=30, dt=0.05):
    """Concentrations along a chain of symmetric reactions."""

    def advance(c, _):
        there = params["forward"] * c[:-1]
        back = params["backward"] * c[1:]
        flux = there - back
        change = jnp.zeros_like(c).at[:-1].add(-flux).at[1:].add(flux).at[0].add(params["inflow"])
        c = c + dt * change
        return c, c

    return jax.lax.scan(advance, start, None, length=n_steps)[1]


start = jnp.array([1.0, 0.0, 0.0, 0.0])
true = {"forward": jnp.array([1.0, 0.4, 0.8]), "backward": jnp.array([1.0, 0.4, 0.8]), "inflow": 0.2}
measured = simulate(true, start)

rates = jnp.full(3, 0.5)
params = {"forward": rates, "backward": rates, "inflow": jnp.array(0.1)}
tx = optax.adam(3e-2)
opt_state = tx.init(params)


@jax.jit
def step(params, opt_state):
    def loss_fn(params):
        return jnp.sum((simulate(params, start) - measured) ** 2)

    loss, grads = jax.value_and_grad(loss_fn)(params)
    updates, opt_state = tx.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss


for _ in range(30):
    params, opt_state, loss = step(params, opt_state)
print(params, loss)
