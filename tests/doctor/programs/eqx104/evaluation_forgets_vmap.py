import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Regressor(eqx.Module):
    norm: eqx.nn.LayerNorm
    inner: eqx.nn.Linear
    outer: eqx.nn.Linear

    def __init__(self, size, *, key):
        inner_key, outer_key = jr.split(key)
        self.norm = eqx.nn.LayerNorm(size)
        self.inner = eqx.nn.Linear(size, 16, key=inner_key)
        self.outer = eqx.nn.Linear(16, "scalar", key=outer_key)

    def __call__(self, row):
        return self.outer(jax.nn.softplus(self.inner(self.norm(row))))


def target(x):
    return jnp.max(x, axis=1) - jnp.mean(x, axis=1)


model_key, train_key, test_key = jr.split(jr.key(2), 3)
x_train, x_test = jr.normal(train_key, (100, 4)), jr.normal(test_key, (30, 4))
model = Regressor(4, key=model_key)
optim = optax.sgd(5e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))


@eqx.filter_jit
def train_step(model, opt_state, x, y):
    grads = eqx.filter_grad(lambda m: jnp.mean((jax.vmap(m)(x) - y) ** 2))(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state


for _ in range(10):
    model, opt_state = train_step(model, opt_state, x_train, target(x_train))

predicted = model(x_test)
print("test error", jnp.mean(jnp.abs(predicted - target(x_test))))
