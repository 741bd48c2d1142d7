import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class VQAutoencoder(eqx.Module):
    encoder: eqx.nn.Linear
    codes: jax.Array
    decoder: eqx.nn.MLP
    commitment: float = eqx.field(static=True)

    def __init__(self, size, latent, count, *, key, commitment=0.25):
        ke, kc, kd = jr.split(key, 3)
        self.encoder = eqx.nn.Linear(size, latent, key=ke)
        self.codes = jr.normal(kc, (count, latent))
        self.decoder = eqx.nn.MLP(latent, size, 16, 1, key=kd)
        self.commitment = commitment

    def loss(self, x):
        z = self.encoder(x)
        code = self.codes[jnp.argmin(jnp.sum((self.codes - z) ** 2, axis=1))]
        passed = z + jax.lax.stop_gradient(code - z)
        codes_loss = jnp.sum((code - jax.lax.stop_gradient(z)) ** 2)
        encoder_loss = jnp.sum((z - jax.lax.stop_gradient(code)) ** 2)
        misfit = jnp.sum((self.decoder(passed) - x) ** 2)
        return misfit + codes_loss + self.commitment * encoder_loss


@eqx.filter_jit
def step(model, opt_state, data):
    loss, grads = eqx.filter_value_and_grad(lambda m: jax.vmap(m.loss)(data).mean())(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


data_key, model_key = jr.split(jr.PRNGKey(7))
centres = jnp.array([[0.0, 2.0, 1.0, 0.0], [1.0, -1.0, 0.0, 2.0], [-2.0, 0.0, 1.0, 1.0]])
data = jnp.repeat(centres, 20, axis=0) + 0.1 * jr.normal(data_key, (60, 4))
model = VQAutoencoder(4, 2, 6, key=model_key)
optim = optax.adam(5e-3)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(25):
    model, opt_state, loss = step(model, opt_state, data)
print("loss", loss)
