import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


@eqx.filter_value_and_grad
def loss_fn(model, x, y):
    predictions = jax.vmap(model)(x)
    return jnp.mean((predictions - y) ** 2)


@eqx.filter_jit
def step(model, opt_state, x, y):
    loss, grads = loss_fn(model, x, y)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


x_key, model_key = jr.split(jr.PRNGKey(0))
x = jr.normal(x_key, (64, 3))
y = x @ jnp.array([1.0, -2.0, 0.5])
model = eqx.nn.MLP(3, 1, 16, 2, key=model_key)
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(20):
    model, opt_state, loss = step(model, opt_state, x, y)
print("loss", loss)
