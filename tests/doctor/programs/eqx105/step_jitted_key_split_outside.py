import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class DropoutNet(eqx.Module):
    first: eqx.nn.Linear
    drop: eqx.nn.Dropout
    second: eqx.nn.Linear

    def __init__(self, key):
        k1, k2 = jr.split(key)
        self.first = eqx.nn.Linear(4, 32, key=k1)
        self.drop = eqx.nn.Dropout(0.2)
        self.second = eqx.nn.Linear(32, "scalar", key=k2)

    def __call__(self, x, key):
        return self.second(self.drop(jax.nn.silu(self.first(x)), key=key))


@eqx.filter_jit
def make_step(model, opt_state, x, y, key):
    @eqx.filter_value_and_grad
    def loss_fn(model):
        keys = jr.split(key, x.shape[0])
        return jnp.mean((jax.vmap(model)(x, keys) - y) ** 2)

    loss, grads = loss_fn(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


data_key, model_key, loop_key = jr.split(jr.PRNGKey(0), 3)
x = jr.normal(data_key, (128, 4))
y = jnp.cos(x[:, 0]) * x[:, 1]
model = DropoutNet(model_key)
optim = optax.adam(3e-3)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

for step in range(40):
    loop_key, step_key = jr.split(loop_key)
    model, opt_state, loss = make_step(model, opt_state, x, y, step_key)

print("loss after training", loss)
