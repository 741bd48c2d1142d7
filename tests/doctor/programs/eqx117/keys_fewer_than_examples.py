import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Regressor(eqx.Module):
    first: eqx.nn.Linear
    dropout: eqx.nn.Dropout
    last: eqx.nn.Linear

    def __init__(self, key):
        first_key, last_key = jr.split(key)
        self.first = eqx.nn.Linear(3, 20, key=first_key)
        self.dropout = eqx.nn.Dropout(0.2)
        self.last = eqx.nn.Linear(20, 1, key=last_key)

    def __call__(self, x, key):
        return self.last(self.dropout(jax.nn.relu(self.first(x)), key=key))


@eqx.filter_jit
def step(model, opt_state, x, y, key):
    def loss_fn(model):
        keys = jr.split(key, 32)
        outputs = jax.vmap(model)(x, keys)
        return jnp.mean((outputs - y) ** 2)

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


data_key, model_key, train_key = jr.split(jr.PRNGKey(41), 3)
x = jr.normal(data_key, (33, 3))
y = x[:, :1] - x[:, 1:2]
model = Regressor(model_key)
optim = optax.sgd(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for key in jr.split(train_key, 10):
    model, opt_state, loss = step(model, opt_state, x, y, key)
print("loss", loss)
