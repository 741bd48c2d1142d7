import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax

LATENT = 2


class VAE(eqx.Module):
    encoder: eqx.nn.MLP
    decoder: eqx.nn.MLP
    dropout: eqx.nn.Dropout

    def __init__(self, size, key):
        ke, kd = jr.split(key)
        self.encoder = eqx.nn.MLP(size, 2 * LATENT, 16, 1, key=ke)
        self.decoder = eqx.nn.MLP(LATENT, size, 16, 1, key=kd)
        self.dropout = eqx.nn.Dropout(0.1)

    def __call__(self, x, key):
        drop_key, _ = jr.split(key)
        mean, log_std = jnp.split(self.encoder(self.dropout(x, key=drop_key)), 2)
        latent = mean + jnp.exp(log_std) * jr.normal(key, mean.shape)
        kl = 0.5 * jnp.sum(mean**2 + jnp.exp(2 * log_std) - 1 - 2 * log_std)
        return jnp.sum((self.decoder(latent) - x) ** 2) + 0.1 * kl


@eqx.filter_jit
def step(model, opt_state, batch, key):
    def loss_fn(model):
        return jax.vmap(model)(batch, jr.split(key, len(batch))).mean()

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


data_key, model_key, train_key = jr.split(jr.PRNGKey(21), 3)
data = jr.normal(data_key, (32, 2)) @ jnp.array([[1.0, 0.5, 0.0, 2.0], [0.0, 1.0, -1.0, 0.3]])
model = VAE(4, model_key)
optim = optax.adam(1e-3)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for key in jr.split(train_key, 12):
    model, opt_state, loss = step(model, opt_state, data, key)
print("loss", loss)
