import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax

model_key, theta_key = jr.split(jr.PRNGKey(0))
model = eqx.nn.MLP(2, 2, 16, 2, activation=jnp.tanh, key=model_key)
params, static = eqx.partition(model, eqx.is_array)
tx = optax.adam(3e-3)
opt_state = tx.init(params)


def loss_fn(params, x, y):
    model = eqx.combine(params, static)
    return jnp.mean(jnp.sum((jax.vmap(model)(x) - y) ** 2, axis=-1))


@jax.jit
def step(params, opt_state, x, y):
    loss, grads = jax.value_and_grad(loss_fn)(params, x, y)
    updates, opt_state = tx.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss


theta = jr.uniform(theta_key, (100, 2), maxval=3.14)
reach = jnp.stack(
    [
        jnp.cos(theta[:, 0]) + jnp.cos(theta.sum(axis=1)),
        jnp.sin(theta[:, 0]) + jnp.sin(theta.sum(axis=1)),
    ],
    axis=1,
)
for _ in range(20):
    params, opt_state, loss = step(params, opt_state, reach, theta)
print(eqx.combine(params, static)(reach[0]), loss)
