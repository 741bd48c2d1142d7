"""A rematerialised Equinox block divides by the mean absolute activation, which may be 0."""
import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np


class Scale(eqx.Module):
    linear: eqx.nn.Linear

    def __call__(self, x):
        h = jnp.abs(self.linear(x))
        return h / jnp.mean(h)


class Net(eqx.Module):
    blocks: list
    last: eqx.nn.Linear

    def __init__(self, key):
        *keys, last = jr.split(key, 3)
        self.blocks = [Scale(eqx.nn.Linear(6, 6, use_bias=False, key=k)) for k in keys]
        self.last = eqx.nn.Linear(6, "scalar", key=last)

    def __call__(self, x):
        for block in self.blocks:
            x = eqx.filter_checkpoint(block)(x)
        return self.last(x)


@eqx.filter_jit
@eqx.filter_value_and_grad
def loss_and_grad(net, x, y):
    return jnp.mean(jnp.abs(jax.vmap(net)(x) - y))


rng = np.random.default_rng(41)
net = Net(jr.PRNGKey(2))
for i in range(20):
    x = rng.normal(size=(8, 6)).astype(np.float32)
    if i == 14:
        x[3] = 0.0
    loss, grads = loss_and_grad(net, jnp.asarray(x), jnp.asarray(x[:, 0]))
    net = eqx.apply_updates(net, jax.tree.map(lambda g: -0.01 * g, grads))
    print(i, float(loss))
