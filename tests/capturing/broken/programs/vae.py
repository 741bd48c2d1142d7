"""A variational autoencoder: the exponential of a log variance in the KL term."""
import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax


class VAE(eqx.Module):
    encoder: eqx.nn.MLP
    decoder: eqx.nn.MLP
    latent: int = eqx.field(static=True)

    def __init__(self, latent, *, key):
        a, b = jr.split(key)
        self.encoder = eqx.nn.MLP(6, 2 * latent, 16, 1, key=a)
        self.decoder = eqx.nn.MLP(latent, 6, 16, 1, key=b)
        self.latent = latent

    def loss(self, x, key):
        mean, log_var = jnp.split(self.encoder(x), 2)
        kl = 0.5 * jnp.sum(jnp.exp(log_var) + mean**2 - 1 - log_var)
        z = mean + jnp.exp(0.5 * log_var) * jr.normal(key, mean.shape)
        return jnp.sum((self.decoder(z) - x) ** 2) + kl


optim = optax.adam(1e-3)


@eqx.filter_jit
def make_step(model, opt_state, x, key):
    def batch_loss(model):
        return jax.vmap(model.loss)(x, jr.split(key, len(x))).mean()

    loss, grads = eqx.filter_value_and_grad(batch_loss)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


rng = np.random.default_rng(67)
model = VAE(3, key=jr.PRNGKey(0))
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for i in range(20):
    x = rng.normal(size=(8, 6)).astype(np.float32)
    if i == 11:
        x[2] *= 2000
    model, opt_state, loss = make_step(model, opt_state, jnp.asarray(x), jr.PRNGKey(i))
    print(i, loss)
