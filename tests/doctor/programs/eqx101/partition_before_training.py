import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


def elbo(params, static, batch, key):
    encoder, decoder = eqx.combine(params, static)
    mean, log_std = jnp.split(jax.vmap(encoder)(batch), 2, axis=-1)
    latent = mean + jnp.exp(log_std) * jr.normal(key, mean.shape)
    error = jnp.sum((jax.vmap(decoder)(latent) - batch) ** 2, axis=-1)
    divergence = 0.5 * jnp.sum(jnp.exp(2 * log_std) + mean**2 - 1 - 2 * log_std, axis=-1)
    return jnp.mean(error + 0.1 * divergence)


def train(steps=15):
    encoder_key, decoder_key, data_key, noise_key = jr.split(jr.key(6), 4)
    vae = (
        eqx.nn.MLP(8, 4, 16, 1, activation=jnp.tanh, key=encoder_key),
        eqx.nn.MLP(2, 8, 16, 1, activation=jnp.tanh, key=decoder_key),
    )
    batch = jr.normal(data_key, (64, 1)) * jnp.linspace(-1.0, 1.0, 8)
    params, static = eqx.partition(vae, eqx.is_inexact_array)
    tx = optax.adam(5e-3)
    opt_state = tx.init(params)

    @jax.jit
    def step(params, opt_state, key):
        key, noise = jr.split(key)
        loss, grads = jax.value_and_grad(elbo)(params, static, batch, noise)
        updates, opt_state = tx.update(grads, opt_state, params)
        return optax.apply_updates(params, updates), opt_state, key, loss

    for _ in range(steps):
        params, opt_state, noise_key, loss = step(params, opt_state, noise_key)
    return eqx.combine(params, static), loss


if __name__ == "__main__":
    _, loss = train()
    print("loss", loss)
