import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Pricing(eqx.Module):
    scale: jax.Array
    first: eqx.nn.Linear
    second: eqx.nn.Linear
    third: eqx.nn.Linear

    def __init__(self, features, width, *, key):
        k1, k2, k3 = jr.split(key, 3)
        self.scale = 1.0 / jnp.arange(1, features + 1)
        self.first = eqx.nn.Linear(features, width, key=k1)
        self.second = eqx.nn.Linear(width, width, key=k2)
        self.third = eqx.nn.Linear(width, "scalar", key=k3)

    def __call__(self, x):
        hidden = jnp.tanh(self.first(x * jax.lax.stop_gradient(self.scale)))
        return self.third(jnp.tanh(self.second(hidden)))


def trainable(model):
    def where(m):
        return (
            m.first.weight,
            m.first.bias,
            m.second.weight,
            m.second.bias,
            m.third.weight,
        )

    spec = jax.tree.map(lambda _: False, model)
    spec = eqx.tree_at(where, spec, replace_fn=lambda _: True)
    return spec


x_key, model_key = jr.split(jr.PRNGKey(16))
x = jr.uniform(x_key, (64, 4), maxval=3.0)
y = 100.0 + x.sum(axis=1)
model = Pricing(4, 12, key=model_key)
params, static = eqx.partition(model, trainable(model))
optim = optax.adam(1e-2)
opt_state = optim.init(params)


@eqx.filter_jit
def step(params, opt_state, x, y):
    def loss_fn(params):
        model = eqx.combine(params, static)
        return jnp.mean((jax.vmap(model)(x) - y) ** 2)

    loss, grads = jax.value_and_grad(loss_fn)(params)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(params, updates), opt_state, loss


for _ in range(20):
    params, opt_state, loss = step(params, opt_state, x, y)
print("loss", loss)
