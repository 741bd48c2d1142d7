import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx

model = eqx.nn.Linear(2, 3, key=jr.key(0))
offset = jnp.asarray(0.5)
x = jnp.ones(2)


def loss(model, offset, x):
    return jnp.sum(model(x) + offset)


value, gradients = eqx.filter_value_and_grad(loss)(model, offset, x)
print("loss:", value)
print("gradients:", gradients.weight, gradients.bias)
