import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx

model = eqx.nn.MLP(
    in_size=2, out_size=1, width_size=3, depth=1, key=jr.key(0)
)
changed = eqx.tree_at(
    lambda m: m.layers[0].bias, model, jnp.full(3, 10.0)
)

x = jnp.ones(2)
print("model:  ", model(x))
print("changed:", changed(x))
