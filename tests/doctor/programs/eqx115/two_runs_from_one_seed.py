import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


@eqx.filter_jit
def train_step(model, opt_state, x, y, key, learning_rate):
    key, noise_key = jr.split(key)

    def loss_fn(model):
        noisy = x + 0.1 * jr.normal(noise_key, x.shape)
        return jnp.mean((jax.vmap(model)(noisy) - y) ** 2)

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    direction, opt_state = optim.update(grads, opt_state)
    updates = jax.tree.map(lambda d: -learning_rate * d, direction)
    return eqx.apply_updates(model, updates), opt_state, key, loss


def run(learning_rate, seed=0, steps=12):
    data_key, model_key, key = jr.split(jr.PRNGKey(seed), 3)
    x = jr.uniform(data_key, (50, 2), minval=-1.0)
    y = x[:, 0] ** 2 - x[:, 1]
    model = eqx.nn.MLP(2, "scalar", 16, 1, jnp.tanh, key=model_key)
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
    for _ in range(steps):
        model, opt_state, key, loss = train_step(model, opt_state, x, y, key, learning_rate)
    return loss


optim = optax.scale_by_adam()
losses = {rate: run(jnp.array(rate)) for rate in (1e-3, 1e-2)}
print(losses)
