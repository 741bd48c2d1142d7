import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Autoencoder(eqx.Module):
    encoder: eqx.nn.MLP
    decoder: eqx.nn.MLP

    def __init__(self, size, latent, key):
        encoder_key, decoder_key = jr.split(key)
        self.encoder = eqx.nn.MLP(size, latent, 32, 1, key=encoder_key)
        self.decoder = eqx.nn.MLP(latent, size, 32, 1, key=decoder_key)

    def __call__(self, x):
        return self.decoder(self.encoder(x))


@eqx.filter_value_and_grad
def reconstruction(model, batch):
    return jnp.mean(jnp.square(jax.vmap(model)(batch) - batch))


@eqx.filter_jit
def step(model, opt_state, batch):
    loss, grads = reconstruction(model, batch)
    updates, opt_state = optim.update(grads, opt_state, model)
    return eqx.apply_updates(model, updates), opt_state, loss


model_key, basis_key, weight_key = jr.split(jr.PRNGKey(77), 3)
batch = jr.normal(weight_key, (64, 3)) @ jr.normal(basis_key, (3, 20))
model = Autoencoder(20, 3, model_key)
optim = optax.lamb(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(10):
    model, opt_state, loss = step(model, opt_state, batch)
print(loss)
