import jax
import jax.numpy as jnp
import jax.random as jr
import optax


def init(key, features, width):
    k1, k2 = jr.split(key)
    return {
        "hidden": {"w": jr.normal(k1, (features, width)), "b": jnp.zeros(width)},
        "out": {"w": jr.normal(k2, (width,)) / width, "b": jnp.zeros(())},
    }


def predict(params, x):
    hidden = jnp.tanh(x @ params["hidden"]["w"] + params["hidden"]["b"])
    return hidden @ params["out"]["w"] + params["out"]["b"]


def example_loss(params, x, y):
    return jnp.mean(jnp.square(predict(params, x) - y))


def batch_loss(params, x, y):
    losses = jax.vmap(example_loss, in_axes=(None, 0, None))(params, x, y)
    return losses.mean()


optim = optax.adam(1e-2)


@jax.jit
def step(params, opt_state, x, y):
    loss, grads = jax.value_and_grad(batch_loss)(params, x, y)
    updates, opt_state = optim.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state, loss


x_key, param_key = jr.split(jr.key(0))
x = jr.uniform(x_key, (40, 2), minval=-1, maxval=1)
y = jnp.sin(3 * x[:, 0]) + x[:, 1]
params = init(param_key, 2, 20)
opt_state = optim.init(params)
for _ in range(25):
    params, opt_state, loss = step(params, opt_state, x, y)
print("loss", loss)
