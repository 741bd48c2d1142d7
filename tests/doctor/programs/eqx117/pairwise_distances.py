import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


def contrastive(model, x, labels, margin=1.0):
    z = jax.vmap(model)(x)
    squared = jnp.sum((z[:, None, :] - z[None, :, :]) ** 2, axis=-1)
    distance = jnp.sqrt(squared + 1e-6)
    same = labels[:, None] == labels[None, :]
    pull = jnp.where(same, squared, 0.0)
    push = jnp.where(same, 0.0, jax.nn.relu(margin - distance) ** 2)
    return jnp.mean(pull + push)


@eqx.filter_jit
def step(model, opt_state, x, labels):
    loss, grads = eqx.filter_value_and_grad(contrastive)(model, x, labels)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


data_key, model_key = jr.split(jr.PRNGKey(0))
labels = jnp.arange(36) % 3
x = jr.normal(data_key, (36, 5)) + labels[:, None]
model = eqx.nn.MLP(5, 2, 16, 1, key=model_key)
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(20):
    model, opt_state, loss = step(model, opt_state, x, labels)
print("loss", loss)
