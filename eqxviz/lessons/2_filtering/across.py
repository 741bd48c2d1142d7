import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx

model = eqx.nn.MLP(
    2, 1, width_size=4, depth=1, activation=jax.nn.relu, key=jr.key(0)
)
params, static = eqx.partition(model, eqx.is_array)


@jax.jit
def predict(params, x):
    model = eqx.combine(params, static)
    return model(x)


print(predict(params, jnp.ones(2)))
