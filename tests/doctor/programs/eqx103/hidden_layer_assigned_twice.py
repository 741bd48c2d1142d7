import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Twice(eqx.Module):
    inp: eqx.nn.Linear
    first: eqx.nn.Linear
    second: eqx.nn.Linear
    out: eqx.nn.Linear

    def __init__(self, *, key):
        k1, k2, k3 = jr.split(key, 3)
        hidden = eqx.nn.Linear(12, 12, key=k2)
        self.inp = eqx.nn.Linear(1, 12, key=k1)
        self.first = hidden
        self.second = hidden
        self.out = eqx.nn.Linear(12, 1, key=k3)

    def __call__(self, x):
        h = jnp.tanh(self.inp(x))
        h = jnp.tanh(self.first(h))
        h = jnp.tanh(self.second(h))
        return self.out(h)


x_key, model_key = jr.split(jr.PRNGKey(0))
x = jr.uniform(x_key, (128, 1), minval=-2.0, maxval=2.0)
y = x * jnp.exp(-(x**2))

model = Twice(key=model_key)
optim = optax.adam(3e-3)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))


@eqx.filter_jit
def step(model, opt_state):
    def loss_fn(m):
        return jnp.mean((jax.vmap(m)(x) - y) ** 2)

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


for _ in range(20):
    model, opt_state, loss = step(model, opt_state)
print(loss)
