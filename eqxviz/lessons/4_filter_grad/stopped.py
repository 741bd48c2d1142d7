import jax
import jax.numpy as jnp

import eqxcore as eqx


class Model(eqx.Module):
    weight: jax.Array
    scale: jax.Array

    def __call__(self, x):
        return self.weight * x / jax.lax.stop_gradient(self.scale)


@eqx.filter_grad
def gradient_of_loss(model, x):
    return jnp.sum(model(x))


model = Model(jnp.asarray(3.0), jnp.asarray(2.0))
gradients = gradient_of_loss(model, jnp.arange(3.0))
print("weight:", gradients.weight)
print("scale: ", gradients.scale)
