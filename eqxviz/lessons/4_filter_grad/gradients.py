import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


@eqx.filter_grad
def gradient_of_loss(model, x, y):
    return jnp.sum((model(x) - y) ** 2)


model = eqx.nn.MLP(
    in_size=2, out_size=3, width_size=4, depth=1, key=jr.key(0)
)
gradients = gradient_of_loss(model, jnp.ones(2), jnp.zeros(3))

print(gradients.layers[-1].bias)
