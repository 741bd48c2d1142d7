import jax
import jax.random as jr
import eqxcore as eqx


def Network(in_size, width, out_size, key):
    a, b, c = jr.split(key, 3)
    relu = eqx.nn.Lambda(jax.nn.relu)
    return eqx.nn.Sequential([
        eqx.nn.Linear(in_size, width, key=a), relu,
        eqx.nn.Linear(width, width, key=b), relu,
        eqx.nn.Linear(width, out_size, key=c),
    ])
