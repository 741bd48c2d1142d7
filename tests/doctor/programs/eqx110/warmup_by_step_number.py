import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


class Regressor(eqx.Module):
    hidden: eqx.nn.Linear
    out: eqx.nn.Linear

    def __init__(self, key):
        k1, k2 = jax.random.split(key)
        self.hidden = eqx.nn.Linear(5, 20, key=k1)
        self.out = eqx.nn.Linear(20, "scalar", key=k2)

    def __call__(self, x):
        return self.out(jnp.tanh(self.hidden(x)))


optim = optax.scale_by_adam()


@eqx.filter_jit
def train_step(model, opt_state, x, y, iteration):
    def loss_fn(model):
        return jnp.mean((jax.vmap(model)(x) - y) ** 2)

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    rate = 1e-2 * min(1.0, (iteration + 1) / 10)
    updates = jax.tree.map(lambda u: -rate * u, updates)
    return eqx.apply_updates(model, updates), opt_state, loss


rng = np.random.default_rng(0)
x = rng.normal(size=(64, 5)).astype(np.float32)
y = np.maximum(x[:, 0], x[:, 1])
model = Regressor(jax.random.PRNGKey(0))
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for iteration in range(6):
    model, opt_state, loss = train_step(model, opt_state, x, y, iteration)
print("loss", loss)
