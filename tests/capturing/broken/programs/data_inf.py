"""A price is divided by a volume of zero before the batch reaches the step."""
import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np


def loader(rng, n):
    for i in range(n):
        price = rng.uniform(1, 2, (6, 4)).astype(np.float32)
        volume = rng.integers(1, 9, (6, 4)).astype(np.float32)
        if i == 7:
            volume[4, 2] = 0
        with np.errstate(divide="ignore"):
            yield jnp.asarray(price / volume), jnp.asarray(price.mean(1))


@eqx.filter_jit
def step(model, ratios, target):
    def loss_fn(model):
        return jnp.mean((jax.vmap(model)(ratios) - target) ** 2)

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    return eqx.apply_updates(model, jax.tree.map(lambda g: -0.01 * g, grads)), loss


model = eqx.nn.MLP(4, "scalar", 8, 1, activation=jnp.tanh, key=jr.PRNGKey(0))
for ratios, target in loader(np.random.default_rng(50), 20):
    model, loss = step(model, ratios, target)
    print(loss)
