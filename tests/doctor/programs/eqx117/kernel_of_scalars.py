import jax
import jax.numpy as jnp
import jax.random as jr
import optax


def kernel(a, b, width=0.5):
    return jnp.exp(-((a[:, None] - b) ** 2) / (2 * width**2))


def discrepancy(params, noise, real):
    fake = params["shift"] + params["scale"] * noise + params["skew"] * noise**2
    within = jnp.mean(kernel(fake, fake)) + jnp.mean(kernel(real, real))
    return within - 2 * jnp.mean(kernel(fake, real))


optim = optax.adam(0.05)


@jax.jit
def step(params, opt_state, real, key):
    key, noise_key = jr.split(key)
    noise = jr.normal(noise_key, real.shape)
    loss, grads = jax.value_and_grad(discrepancy)(params, noise, real)
    updates, opt_state = optim.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state, key, loss


real_key, key = jr.split(jr.PRNGKey(19))
real = jr.gamma(real_key, 3.0, (80,))
params = {"shift": jnp.array(0.0), "scale": jnp.array(1.0), "skew": jnp.array(0.1)}
opt_state = optim.init(params)
for _ in range(25):
    params, opt_state, key, loss = step(params, opt_state, real, key)
print(params, loss)
