import jax
import jax.random as jr

import eqxcore as eqx

model = eqx.nn.MLP(
    in_size=2, out_size=3, width_size=4, depth=1, key=jr.key(0)
)

spec = jax.tree.map(lambda _: False, model)
spec = eqx.tree_at(lambda m: m.layers[-1].weight, spec, True)

chosen, others = eqx.partition(model, spec)
print(
    sum(leaf.size for leaf in jax.tree.leaves(chosen)),
    "parameters are chosen",
)
