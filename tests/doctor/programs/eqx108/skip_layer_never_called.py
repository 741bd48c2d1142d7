import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class SkipNet(eqx.Module):
    body: eqx.nn.MLP
    skip: eqx.nn.Linear

    def __init__(self, in_size, out_size, *, key):
        body_key, skip_key = jr.split(key)
        self.body = eqx.nn.MLP(in_size, out_size, 16, 2, key=body_key)
        self.skip = eqx.nn.Linear(in_size, out_size, use_bias=False, key=skip_key)

    def __call__(self, x):
        return self.body(x)


@eqx.filter_value_and_grad
def loss_fn(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


@eqx.filter_jit
def step(model, opt_state, x, y):
    loss, grads = loss_fn(model, x, y)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


x_key, model_key = jr.split(jr.PRNGKey(0))
x = jr.normal(x_key, (64, 3))
y = jnp.stack([x[:, 0] + x[:, 1] ** 2, x[:, 2]], axis=1)
model = SkipNet(3, 2, key=model_key)
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(20):
    model, opt_state, loss = step(model, opt_state, x, y)
print("loss", loss)
