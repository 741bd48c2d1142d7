import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Denoiser(eqx.Module):
    encode: eqx.nn.Linear
    decode: eqx.nn.Linear

    def __init__(self, size, *, key):
        encode_key, decode_key = jr.split(key)
        self.encode = eqx.nn.Linear(size, size, key=encode_key)
        self.decode = eqx.nn.Linear(size, size, key=decode_key)

    def __call__(self, x):
        return self.decode(jax.nn.relu(self.encode(x)))


class Trainer:
    def __init__(self, model, tx):
        self.model, self.tx = model, tx
        self.opt_state = tx.init(eqx.filter(model, eqx.is_inexact_array))
        self.step = eqx.filter_jit(self._step)

    def _step(self, model, opt_state, data):
        @eqx.filter_value_and_grad
        def loss(model):
            noisy, clean = data
            return jnp.mean((jax.vmap(model)(noisy) - clean) ** 2)

        value, grads = loss(model)
        updates, opt_state = self.tx.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, value

    def fit(self, data, steps):
        for _ in range(steps):
            self.model, self.opt_state, loss = self.step(self.model, self.opt_state, data)
        print("loss", loss)


model_key, clean_key, noise_key = jr.split(jr.PRNGKey(14), 3)
model = Denoiser(6, key=model_key)
model = eqx.tree_at(lambda m: m.decode.weight, model, model.encode.weight)
clean = jnp.abs(jr.normal(clean_key, (100, 6)))
data = (clean + 0.3 * jr.normal(noise_key, clean.shape), clean)
trainer = Trainer(model, optax.sgd(1e-2, momentum=0.9))
trainer.fit(data, steps=15)
