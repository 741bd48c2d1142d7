import jax
import jax.numpy as jnp

import eqxcore as eqx


@eqx.filter_jit
def steps(model, x, rates):
    def step(x, rate):
        return x - rate * model(x), None

    x, _ = jax.lax.scan(step, x, rates)
    return x


def run(model, x, rates):
    return steps(model, x, jnp.asarray(rates))


rates = [0.5, 0.4, 0.3, 0.2, 0.1]
print(run(jnp.sin, jnp.ones(3), rates))
