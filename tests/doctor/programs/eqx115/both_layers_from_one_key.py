import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Network(eqx.Module):
    hidden: eqx.nn.Linear
    out: eqx.nn.Linear

    def __init__(self, in_size, width, out_size, *, key):
        self.hidden = eqx.nn.Linear(in_size, width, key=key)
        self.out = eqx.nn.Linear(width, out_size, key=key)

    def __call__(self, x):
        return self.out(jax.nn.relu(self.hidden(x)))


def loss_fn(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


@eqx.filter_jit
def step(model, opt_state, x, y):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, x, y)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


x_key, model_key = jr.split(jr.PRNGKey(0))
x = jr.normal(x_key, (64, 8))
y = jnp.stack([x.sum(axis=1), x.prod(axis=1)], axis=1)
model = Network(8, 8, 2, key=model_key)
optim = optax.adam(1e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(20):
    model, opt_state, loss = step(model, opt_state, x, y)
print("loss", loss)
