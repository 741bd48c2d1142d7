import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def count_parameters(tree):
    return 0


model = eqx.nn.MLP(
    in_size=2, out_size=1, width_size=4, depth=1, key=jr.key(0)
)

print("MLP:", count_parameters(model), "of 17")
print("array:", count_parameters(jnp.ones((2, 3))), "of 6")
