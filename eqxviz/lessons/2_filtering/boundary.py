import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


@jax.jit
def compiled(model, x):
    return model(x)


x = jnp.ones(2)
for seed in range(3):
    model = eqx.nn.MLP(
        in_size=2, out_size=1, width_size=4, depth=1, key=jr.key(seed)
    )
    print(compiled(model, x))
