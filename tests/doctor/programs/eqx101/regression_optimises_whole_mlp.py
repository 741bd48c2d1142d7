import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax

data_key, noise_key, model_key = jr.split(jr.PRNGKey(5), 3)
x = jr.uniform(data_key, (128, 1), minval=-3.0, maxval=3.0)
y = jnp.sin(x) + 0.05 * jr.normal(noise_key, (128, 1))

model = eqx.nn.MLP(1, 1, width_size=16, depth=2, activation=jnp.tanh, key=model_key)
optim = optax.adam(1e-2)
opt_state = optim.init(model)


def mse(model, x, y):
    pred = jax.vmap(model)(x)
    return jnp.mean((pred - y) ** 2)


@eqx.filter_jit
def step(model, opt_state, x, y):
    loss, grads = eqx.filter_value_and_grad(mse)(model, x, y)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


for _ in range(20):
    model, opt_state, loss = step(model, opt_state, x, y)
print(f"final loss {loss:.4f}")
