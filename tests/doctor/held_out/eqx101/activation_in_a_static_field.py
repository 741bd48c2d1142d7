from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class ResidualBlock(eqx.Module):
    linear: eqx.nn.Linear
    gain: jax.Array
    activation: Callable = eqx.field(static=True)

    def __init__(self, size, activation, *, key):
        self.linear = eqx.nn.Linear(size, size, key=key)
        self.gain = jnp.array(0.5)
        self.activation = activation

    def __call__(self, x):
        return x + self.gain * self.activation(self.linear(x))


class Net(eqx.Module):
    blocks: tuple[ResidualBlock, ...]
    name: str = eqx.field(static=True, default="residual")

    def __call__(self, x):
        for block in self.blocks:
            x = block(x)
        return x


model_key, x_key = jr.split(jr.PRNGKey(42))
model = Net(tuple(ResidualBlock(5, jax.nn.softplus, key=k) for k in jr.split(model_key, 3)))
x = jr.normal(x_key, (64, 5))
y = jnp.flip(x, axis=-1)
optim = optax.sgd(5e-2, momentum=0.9, nesterov=True)
opt_state = optim.init(model)


@eqx.filter_jit
def step(model, opt_state, x, y):
    loss, grads = eqx.filter_value_and_grad(lambda m: jnp.mean((jax.vmap(m)(x) - y) ** 2))(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


for _ in range(20):
    model, opt_state, loss = step(model, opt_state, x, y)
print(model.name, loss)
