"""A validation step is called with a keyword that it does not have."""
import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np


@eqx.filter_jit
def evaluate(model, x, y, *, train):
    prediction = jax.vmap(eqx.nn.inference_mode(model, not train))(x)
    return jnp.mean((prediction - y) ** 2)


def validate(model, batches):
    return [evaluate(model, x, y, training=False) for x, y in batches]


rng = np.random.default_rng(13)
model = eqx.nn.MLP(2, "scalar", 8, 1, key=jr.PRNGKey(0))
x = jnp.asarray(rng.normal(size=(8, 2)), jnp.float32)
for epoch in range(5):
    print(epoch, evaluate(model, x, x[:, 0], train=True))
print(validate(model, [(x, x[:, 0])]))
