"""A linear recurrent network over 200 steps: its state grows until it overflows inside the scan."""
import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np


class Linear(eqx.Module):
    matrix: jax.Array
    inputs: jax.Array

    def __init__(self, size, key):
        self.matrix = 1.25 * jnp.eye(size)
        self.inputs = jr.normal(key, (size,))

    def __call__(self, xs):
        def step(h, x):
            h = self.matrix @ h + self.inputs * x
            return h, None

        h, _ = jax.lax.scan(step, jnp.zeros(len(self.inputs)), xs)
        return jnp.tanh(h).mean()


@eqx.filter_jit
def train(model, xs, ys):
    def loss_fn(model):
        return jnp.mean((jax.vmap(model)(xs) - ys) ** 2)

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    return eqx.apply_updates(model, jax.tree.map(lambda g: -1e-3 * g, grads)), loss


rng = np.random.default_rng(48)
model = Linear(3, jr.key(0))
for n in range(20):
    length = 20 if n < 15 else 450  # the curriculum's last stage
    xs = jnp.asarray(rng.choice([0.5, 1.0], (4, length)), jnp.float32)
    model, loss = train(model, xs, jnp.ones(4))
    print(n, loss)
