import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx

dropout = eqx.nn.Dropout(p=0.5)
xs = jnp.ones((4, 6))


def drop(x, key):
    return dropout(x, key=key)


@jax.jit
def same_key(xs, key):
    return jax.vmap(drop, in_axes=(0, None))(xs, key)


@jax.jit
def own_keys(xs, key):
    keys = jr.split(key, len(xs))
    return jax.vmap(drop, in_axes=(0, 0))(xs, keys)


same = same_key(xs, jr.key(0))
own = own_keys(xs, jr.key(0))
print("one key for all:", same, sep="\n")
print("a key for each:", own, sep="\n")
