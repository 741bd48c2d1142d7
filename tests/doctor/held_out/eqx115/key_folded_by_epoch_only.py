import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax


def loss_fn(model, batch, key):
    """Denoising score matching at one level of noise."""
    noise = jr.normal(key, batch.shape)
    score = jax.vmap(model)(batch + 0.3 * noise)
    return jnp.mean((0.3 * score + noise) ** 2)


class ScoreMatching:
    def __init__(self, optim, seed):
        self.optim = optim
        self.key = jr.PRNGKey(seed)
        self.step = eqx.filter_jit(self._step)

    def _step(self, model, opt_state, batch, key):
        loss, grads = eqx.filter_value_and_grad(loss_fn)(model, batch, key)
        updates, opt_state = self.optim.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, loss

    def fit(self, model, data, epochs, batch_size):
        opt_state = self.optim.init(eqx.filter(model, eqx.is_inexact_array))
        for epoch in range(epochs):
            key = jr.fold_in(self.key, epoch)
            for start in range(0, len(data), batch_size):
                batch = data[start : start + batch_size]
                model, opt_state, loss = self.step(model, opt_state, batch, key)
        return model, loss


angles = np.random.default_rng(0).uniform(0, 2 * np.pi, size=192)
data = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
trainer = ScoreMatching(optax.adam(1e-3), seed=10)
model = eqx.nn.MLP(2, 2, 32, 2, jax.nn.silu, key=jr.PRNGKey(77))
model, loss = trainer.fit(model, data, epochs=5, batch_size=32)
print("loss", loss)
