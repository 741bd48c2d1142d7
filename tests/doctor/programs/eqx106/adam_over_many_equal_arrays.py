import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

SIZE = 8


class Encoder(eqx.Module):
    attention: list[eqx.nn.MultiheadAttention]
    norms: list[eqx.nn.LayerNorm]
    head: eqx.nn.Linear

    def __init__(self, n_layers, key):
        keys = jax.random.split(key, n_layers + 1)
        self.attention = [eqx.nn.MultiheadAttention(2, SIZE, key=k) for k in keys[1:]]
        self.norms = [eqx.nn.LayerNorm(SIZE) for _ in range(n_layers)]
        self.head = eqx.nn.Linear(SIZE, "scalar", key=keys[0])

    def __call__(self, x):
        for attention, norm in zip(self.attention, self.norms):
            h = jax.vmap(norm)(x)
            x = x + attention(h, h, h)
        return self.head(x.max(axis=0))


def loss_fn(model, x, y):
    return jnp.mean(optax.sigmoid_binary_cross_entropy(jax.vmap(model)(x), y))


class Trainer:
    def __init__(self, model):
        self.optim = optax.adamw(3e-3)
        self.model = model
        self.state = self.optim.init(eqx.filter(model, eqx.is_inexact_array))

        def step(model, state, x, y):
            loss, grads = eqx.filter_value_and_grad(loss_fn)(model, x, y)
            params = eqx.filter(model, eqx.is_inexact_array)
            updates, state = self.optim.update(grads, state, params)
            return eqx.apply_updates(model, updates), state, loss

        self._step = eqx.filter_jit(step)

    def __call__(self, x, y):
        self.model, self.state, loss = self._step(self.model, self.state, x, y)
        return loss


rng = np.random.default_rng(0)
trainer = Trainer(Encoder(3, jax.random.PRNGKey(0)))
for _ in range(12):
    x = rng.normal(size=(24, 6, SIZE)).astype(np.float32)
    loss = trainer(x, (x[:, :, 0].max(axis=1) > 1.3).astype(np.float32))
print("loss", loss)
