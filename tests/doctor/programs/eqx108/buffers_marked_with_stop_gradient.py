import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class MaskedRegression(eqx.Module):
    mean: jax.Array
    std: jax.Array
    mask: jax.Array
    weight: jax.Array
    bias: jax.Array

    def __init__(self, features, key):
        self.mean = features.mean(axis=0)
        self.std = features.std(axis=0)
        self.mask = (jnp.arange(features.shape[1]) % 2 == 0).astype(jnp.float32)
        self.weight = 0.1 * jr.normal(key, (features.shape[1],))
        self.bias = jnp.zeros(())

    def __call__(self, x):
        mean, std, mask = jax.lax.stop_gradient((self.mean, self.std, self.mask))
        return mask * (x - mean) / std @ self.weight + self.bias


@eqx.filter_jit
def step(model, opt_state, x, y):
    def loss_fn(model):
        return jnp.mean((jax.vmap(model)(x) - y) ** 2)

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


x_key, model_key = jr.split(jr.PRNGKey(2))
x = 3.0 * jr.normal(x_key, (64, 6)) + 1.0
y = x[:, 0] - x[:, 4]
model = MaskedRegression(x, model_key)
optim = optax.adam(5e-2)
opt_state = optim.init(model)
for _ in range(25):
    model, opt_state, loss = step(model, opt_state, x, y)
print("loss", loss)
