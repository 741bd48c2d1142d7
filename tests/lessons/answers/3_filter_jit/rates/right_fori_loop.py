import jax
import jax.numpy as jnp

import eqxcore as eqx


def loop(model, x, rates):
    return jax.lax.fori_loop(0, len(rates), lambda i, x: x - rates[i] * model(x), x)


def run(model, x, rates):
    rates = jnp.asarray(rates)
    return eqx.filter_jit(loop)(model, x, rates)


rates = [0.5, 0.4, 0.3, 0.2, 0.1]
print(run(jnp.sin, jnp.ones(3), rates))
