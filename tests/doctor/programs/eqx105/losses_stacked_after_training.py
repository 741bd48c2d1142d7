import equinox as eqx
import jax
import jax.numpy as jnp
import optax


class Autoencoder(eqx.Module):
    encoder: eqx.nn.Linear
    decoder: eqx.nn.Linear

    def __init__(self, size, code, *, key):
        k_enc, k_dec = jax.random.split(key)
        self.encoder = eqx.nn.Linear(size, code, key=k_enc)
        self.decoder = eqx.nn.Linear(code, size, key=k_dec)

    def __call__(self, x):
        return self.decoder(jnp.tanh(self.encoder(x)))


class Training:
    def __init__(self, model, learning_rate):
        self.optim = optax.adam(learning_rate)
        self.model = model
        self.opt_state = self.optim.init(eqx.filter(model, eqx.is_inexact_array))
        self.losses = []

    @staticmethod
    def loss(model, x):
        return jnp.mean((jax.vmap(model)(x) - x) ** 2)

    @eqx.filter_jit
    def _step(self, model, opt_state, x):
        loss, grads = eqx.filter_value_and_grad(self.loss)(model, x)
        updates, opt_state = self.optim.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, loss

    def run(self, batches):
        step = self._step
        for x in batches:
            self.model, self.opt_state, loss = step(self.model, self.opt_state, x)
            self.losses.append(loss)
        return jnp.stack(self.losses)


data_key, model_key = jax.random.split(jax.random.key(4))
batches = jax.random.normal(data_key, (25, 32, 10))
training = Training(Autoencoder(10, 4, key=model_key), 1e-2)
losses = training.run(list(batches))
smooth = jnp.convolve(losses, jnp.ones(5) / 5, mode="valid")
print("smoothed losses", smooth[0], "to", smooth[-1])
