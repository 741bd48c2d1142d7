import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


def loss_fn(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


def towards(average, model, decay):
    old, rest = eqx.partition(average, eqx.is_inexact_array)
    new = eqx.filter(model, eqx.is_inexact_array)
    return eqx.combine(jax.tree.map(lambda o, n: decay * o + (1 - decay) * n, old, new), rest)


optim = optax.adam(1e-2)


@eqx.filter_jit
def step(model, average, opt_state, x, y):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, x, y)
    updates, opt_state = optim.update(grads, opt_state)
    model = eqx.apply_updates(model, updates)
    return model, towards(average, model, 0.95), opt_state, loss


model_key, x_key = jr.split(jr.PRNGKey(17))
model = eqx.nn.MLP(2, 2, 16, 1, activation=jnp.sin, key=model_key)
average = model
x = jr.uniform(x_key, (64, 2), minval=-1.0)
y = jnp.stack([x[:, 0] ** 2 - x[:, 1] ** 2, 2 * x[:, 0] * x[:, 1]], axis=1)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(20):
    model, average, opt_state, loss = step(model, average, opt_state, x, y)
print(loss, loss_fn(average, x, y))
