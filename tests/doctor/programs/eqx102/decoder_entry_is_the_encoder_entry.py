import jax
import jax.numpy as jnp
import optax


def init(key, size, latent):
    params = {
        "encode": jax.random.normal(key, (size, latent)) / size**0.5,
        "encode_bias": jnp.zeros(latent),
        "decode_bias": jnp.zeros(size),
    }
    params["decode"] = params["encode"]
    return params


def reconstruct(params, x):
    latent = jnp.tanh(x @ params["encode"] + params["encode_bias"])
    return latent @ params["decode"].T + params["decode_bias"]


tx = optax.adam(1e-2)


@jax.jit
def step(params, opt_state, batch):
    loss, grads = jax.value_and_grad(lambda p: jnp.mean((reconstruct(p, batch) - batch) ** 2))(params)
    updates, opt_state = tx.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state, loss


params_key, batch_key = jax.random.split(jax.random.key(1))
batch = jax.random.normal(batch_key, (64, 10)) * jnp.linspace(0.1, 2.0, 10)
params = init(params_key, 10, 4)
opt_state = tx.init(params)
for _ in range(15):
    params, opt_state, loss = step(params, opt_state, batch)
print(loss)
