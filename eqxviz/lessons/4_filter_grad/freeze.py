import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx

model = eqx.nn.MLP(
    in_size=2, out_size=3, width_size=4, depth=2, key=jr.key(0)
)

spec = jax.tree.map(eqx.is_inexact_array, model)
spec = eqx.tree_at(lambda m: m.layers[0], spec, False)
trainable, frozen = eqx.partition(model, spec)


@eqx.filter_grad
def gradient_of_loss(trainable, frozen, x):
    model = eqx.combine(trainable, frozen)
    return jnp.sum(model(x) ** 2)


gradients = gradient_of_loss(trainable, frozen, jnp.ones(2))
print(len(jax.tree.leaves(gradients)), "arrays have a gradient")
