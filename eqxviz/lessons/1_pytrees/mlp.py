import jax
import jax.random as jr

import eqxcore as eqx

model = eqx.nn.MLP(
    in_size=2, out_size=1, width_size=4, depth=2, key=jr.key(0)
)

arrays = [
    leaf for leaf in jax.tree.leaves(model) if eqx.is_array(leaf)
]
print(len(arrays), "arrays")
