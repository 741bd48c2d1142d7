"""eqx.filter_jit(donate="all"): a harmonic mean of a feature that is 0."""
import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np


class Harmonic(eqx.Module):
    mlp: eqx.nn.MLP

    def __call__(self, x):
        inverse = 1.0 / x
        return self.mlp(jnp.append(x, 1.0 / inverse.mean()))


def loss_fn(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


@eqx.filter_jit(donate="all")
def train(model, x, y):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, x, y)
    return eqx.apply_updates(model, jax.tree.map(lambda g: -0.01 * g, grads)), 1.0 / jnp.mean(1.0 / x), loss


rng = np.random.default_rng(111)
model = Harmonic(eqx.nn.MLP(4, "scalar", 8, 1, key=jr.PRNGKey(0)))
for n in range(300):
    x = rng.uniform(1, 2, (6, 3))
    if n == 11:
        x[:, 1] = [1, -1, 1, -1, 1, -1]
        x[:, 0], x[:, 2] = 0.5, -0.25
        x[2] = [0.5, -0.25, 0.5]  # 2 - 4 + 2 = 0
    model, harmonic, loss = train(model, jnp.asarray(x, jnp.float32), jnp.asarray(x.sum(1), jnp.float32))
    print(n, harmonic, loss)
