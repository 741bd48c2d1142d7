# says: raised AttributeError, layers
import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def descend(model, gradients, rate):
    for i in range(len(model.layers)):
        model = eqx.tree_at(
            lambda m: (m.layers[i].weight, m.layers[i].bias),
            model,
            replace_fn=lambda p: p,
        )
    return model


@eqx.filter_value_and_grad
def loss_and_gradients(model, x):
    return jnp.sum(model(x) ** 2)


model = eqx.nn.MLP(in_size=2, out_size=1, width_size=4, depth=1, key=jr.key(0))
for _ in range(3):
    loss, gradients = loss_and_gradients(model, jnp.ones(2))
    model = descend(model, gradients, 0.1)
    print(loss)
