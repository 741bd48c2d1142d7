import jax
import jax.random as jr

import eqxcore as eqx


def last_layer(model):
    begin = f".layers[{len(model.layers) - 1}]"
    return jax.tree_util.tree_map_with_path(
        lambda path, _: jax.tree_util.keystr(path).startswith(begin), model
    )


model = eqx.nn.MLP(in_size=2, out_size=3, width_size=4, depth=2, key=jr.key(0))
chosen, others = eqx.partition(model, last_layer(model))
print(len(jax.tree.leaves(chosen)), "leaves are chosen")
