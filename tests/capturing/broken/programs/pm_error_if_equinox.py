"""eqx.error_if in the model: a probability left its range at run time."""
import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np


class Calibrated(eqx.Module):
    weight: jax.Array
    bias: jax.Array

    def __call__(self, x):
        p = jnp.dot(self.weight, x) + self.bias
        p = eqx.error_if(p, (p < 0) | (p > 1), "a probability must be between 0 and 1")
        return p


@eqx.filter_jit
def make_step(model, x, y):
    def loss_fn(model):
        return jnp.mean((jax.vmap(model)(x) - y) ** 2)

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    return eqx.apply_updates(model, jax.tree.map(lambda g: -0.01 * g, grads)), loss


rng = np.random.default_rng(11)
model = Calibrated(0.05 * jr.normal(jr.key(0), (3,)), jnp.array(0.5))
for i in range(20):
    x = rng.uniform(-1, 1, (8, 3)).astype(np.float32)
    if i == 12:
        x[3] = 100.0
    model, loss = make_step(model, jnp.asarray(x), jnp.full(8, 0.5))
    print(i, float(loss))
