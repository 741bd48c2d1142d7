from collections.abc import Callable

import jax
import jax.numpy as jnp

import eqxcore as eqx


class Model(eqx.Module):
    weight: jax.Array
    order: jax.Array
    scale: float | jax.Array
    activation: Callable

    def __call__(self, x):
        return self.scale * self.activation(
            self.weight * x[self.order]
        )


@eqx.filter_grad
def gradient_of_loss(model, x):
    return jnp.sum(model(x) ** 2)


model = Model(jnp.ones(3), jnp.array([2, 0, 1]), 2.0, jnp.tanh)
gradients = gradient_of_loss(model, jnp.arange(3.0))

print(gradients)
