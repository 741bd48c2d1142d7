import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def count_parameters(tree):
    sizes = jax.tree.map(lambda leaf: leaf.size if eqx.is_inexact_array(leaf) else 0, tree)
    return jax.tree.reduce(lambda a, b: a + b, sizes, 0)


model = eqx.nn.MLP(in_size=2, out_size=1, width_size=4, depth=1, key=jr.key(0))

print("MLP:", count_parameters(model), "of 17")
print("array:", count_parameters(jnp.ones((2, 3))), "of 6")
