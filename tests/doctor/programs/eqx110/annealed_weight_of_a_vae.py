import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class VAE(eqx.Module):
    encoder: eqx.nn.Linear
    decoder: eqx.nn.Linear

    def __init__(self, key):
        ekey, dkey = jax.random.split(key)
        self.encoder = eqx.nn.Linear(6, 4, key=ekey)
        self.decoder = eqx.nn.Linear(2, 6, key=dkey)

    def loss(self, x, beta, noise):
        mean, log_std = jnp.split(self.encoder(x), 2)
        z = mean + jnp.exp(log_std) * noise
        kl = jnp.sum(0.5 * (mean**2 + jnp.exp(2 * log_std) - 1) - log_std)
        return jnp.sum((self.decoder(z) - x) ** 2) + beta * kl


@eqx.filter_value_and_grad
def elbo(model, x, beta, noise):
    return jnp.mean(jax.vmap(lambda x, n: model.loss(x, beta, n))(x, noise))


@eqx.filter_jit
def make_step(model, opt_state, x, beta, noise):
    loss, grads = elbo(model, x, beta, noise)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


N_STEPS = 6
rng = np.random.default_rng(8)
x = rng.normal(size=(40, 6)).astype(np.float32)
model = VAE(jax.random.PRNGKey(8))
optim = optax.sgd(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for beta in np.linspace(0, 1, N_STEPS).tolist():
    noise = rng.normal(size=(40, 2)).astype(np.float32)
    model, opt_state, loss = make_step(model, opt_state, x, beta, noise)
print("loss", loss)
