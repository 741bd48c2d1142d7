import jax
import jax.random as jr

import eqxcore as eqx


def last_layer(model):
    spec = jax.tree.map(lambda _: False, model)
    return eqx.tree_at(
        lambda m: (m.layers[-1].weight, m.layers[-1].bias),
        spec,
        (True, True),
    )


model = eqx.nn.MLP(
    in_size=2, out_size=3, width_size=4, depth=2, key=jr.key(0)
)
chosen, others = eqx.partition(model, last_layer(model))
print(len(jax.tree.leaves(chosen)), "leaves are chosen")
