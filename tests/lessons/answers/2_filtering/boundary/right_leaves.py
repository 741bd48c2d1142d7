from functools import partial

import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


@partial(jax.jit, static_argnames=("others", "structure"))
def call(arrays, others, structure, x):
    leaves = [a if b is None else b for a, b in zip(arrays, others)]
    return jax.tree.unflatten(structure, leaves)(x)


def compiled(model, x):
    leaves, structure = jax.tree.flatten(model)
    arrays = [leaf if isinstance(leaf, jax.Array) else None for leaf in leaves]
    others = tuple(None if isinstance(leaf, jax.Array) else leaf for leaf in leaves)
    return call(arrays, others=others, structure=structure, x=x)


x = jnp.ones(2)
for seed in range(3):
    model = eqx.nn.MLP(in_size=2, out_size=1, width_size=4, depth=1, key=jr.key(seed))
    print(compiled(model, x))
