import equinox as eqx
import jax.numpy as jnp
import jax.random as jr
import optax

x_key, model_key = jr.split(jr.PRNGKey(0))
x = jr.normal(x_key, (64, 2))
y = x[:, :1] * x[:, 1:]

model = eqx.nn.MLP(2, 1, width_size=16, depth=2, key=model_key)
optim = optax.adam(1e-3)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))


@eqx.filter_value_and_grad
def loss_fn(model, x, y):
    pred = model(x)
    return jnp.mean((pred - y) ** 2)


@eqx.filter_jit
def step(model, opt_state, x, y):
    loss, grads = loss_fn(model, x, y)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


for _ in range(10):
    model, opt_state, loss = step(model, opt_state, x, y)
print(loss)
