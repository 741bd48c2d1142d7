import jax.numpy as jnp

import eqxcore as eqx


@eqx.filter_jit
def step(model, x, rate):
    return x - rate * model(x)


def run(model, x, rates):
    for rate in rates:
        x = step(model, x, jnp.asarray(rate))
    return x


rates = [0.5, 0.4, 0.3, 0.2, 0.1]
print(run(jnp.sin, jnp.ones(3), rates))
