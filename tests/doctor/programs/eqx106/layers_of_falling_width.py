import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

WIDTHS = [27, 24, 21, 18, 15, 12, 9, 6, 3]


class Funnel(eqx.Module):
    layers: list
    norms: list

    def __init__(self, key):
        keys = jax.random.split(key, len(WIDTHS) - 1)
        pairs = list(zip(WIDTHS[:-1], WIDTHS[1:]))
        self.layers = [
            eqx.nn.Linear(i, o, use_bias=False, key=k) for (i, o), k in zip(pairs, keys)
        ]
        self.norms = [eqx.nn.RMSNorm(i, use_bias=False) for i, _ in pairs]

    def __call__(self, x):
        for norm, layer in zip(self.norms, self.layers):
            x = jax.nn.leaky_relu(layer(norm(x)))
        return x


def loss_fn(model, x, y):
    codes = jax.vmap(model)(x)
    return jnp.mean(jnp.sum((codes - y) ** 2, axis=-1))


def fit(model, optim, batches):
    @eqx.filter_jit
    def step(model, opt_state, x, y):
        loss, grads = eqx.filter_value_and_grad(loss_fn)(model, x, y)
        updates, opt_state = optim.update(grads, opt_state)
        return eqx.apply_updates(model, updates), opt_state, loss

    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
    for x, y in batches:
        model, opt_state, loss = step(model, opt_state, x, y)
    return model, loss


rng = np.random.default_rng(0)
inputs = rng.normal(size=(8, 32, WIDTHS[0])).astype(np.float32)
targets = inputs[:, :, : WIDTHS[-1]] ** 2
model, loss = fit(Funnel(jax.random.key(0)), optax.sgd(0.01), list(zip(inputs, targets)))
print("last loss", loss)
