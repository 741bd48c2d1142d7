import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx

DEPTH = 6


class Deep(eqx.Module):
    blocks: eqx.nn.MLP

    def __init__(self, key):
        def make(key):
            return eqx.nn.MLP(8, 8, 16, 1, key=key)

        self.blocks = eqx.filter_vmap(make)(jr.split(key, DEPTH))

    def __call__(self, x):
        arrays, static = eqx.partition(self.blocks, eqx.is_array)

        def body(x, part):
            mlp = eqx.combine(part, static)
            return x + mlp(x), None

        x, _ = jax.lax.scan(body, x, arrays)
        return x


model = Deep(jr.key(0))
print("equations:", len(jax.make_jaxpr(model)(jnp.ones(8)).eqns))
