import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class RadialBasis(eqx.Module):
    centres: jax.Array
    log_width: jax.Array
    weights: jax.Array

    def __init__(self, count, *, key):
        self.centres = jnp.linspace(-1.0, 1.0, count)
        self.log_width = jnp.full(count, -1.5)
        self.weights = 0.1 * jr.normal(key, (count, 1))

    def __call__(self, x):
        features = jnp.exp(-(((x - self.centres) / jnp.exp(self.log_width)) ** 2))
        return features @ self.weights


def loss_fn(model, x, y, decay=1e-4):
    misfit = jnp.mean((model(x) - y) ** 2)
    return misfit + decay * jnp.sum(model.weights**2)


@eqx.filter_jit
def step(model, opt_state, x, y):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, x, y)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


x_key, model_key = jr.split(jr.key(30))
x = jr.uniform(x_key, (30, 1), minval=-1.0)
y = jnp.abs(x)
model = RadialBasis(30, key=model_key)
optim = optax.adam(2e-2)
opt_state = optim.init(model)
for _ in range(30):
    model, opt_state, loss = step(model, opt_state, x, y)
print("loss", loss)
