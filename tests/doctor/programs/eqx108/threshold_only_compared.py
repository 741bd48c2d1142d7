import jax
import jax.numpy as jnp
import jax.random as jr
import optax


def growth(params, t):
    below = params["rate"] * t
    above = params["rate"] * t + params["extra"]
    return jnp.where(t > params["threshold"], above, below)


def loss_fn(params, t, observed):
    return jnp.mean((growth(params, t) - observed) ** 2)


optim = optax.chain(optax.clip_by_global_norm(5.0), optax.adam(5e-2))


@jax.jit
def step(params, opt_state, t, observed):
    loss, grads = jax.value_and_grad(loss_fn)(params, t, observed)
    updates, opt_state = optim.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state, loss


t = jnp.linspace(0.0, 10.0, 120)
noise = 0.1 * jr.normal(jr.PRNGKey(0), t.shape)
observed = 0.4 * t + 2.0 * (t > 6.5) + noise
params = {"rate": jnp.array(1.0), "extra": jnp.array(0.0), "threshold": jnp.array(4.0)}
opt_state = optim.init(params)
for _ in range(30):
    params, opt_state, loss = step(params, opt_state, t, observed)
print(params, loss)
