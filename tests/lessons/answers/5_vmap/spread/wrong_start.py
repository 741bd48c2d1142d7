# says: first weight, (8, 2), (3, 8, 2)
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def make_one(key):
    return eqx.nn.MLP(2, 1, 8, 2, key=key)


def make_ensemble(n, key):
    return make_one(key)


def predict(ensemble, x):
    return ensemble(x), jnp.zeros(1)


model = make_ensemble(5, jr.key(0))
mean, spread = predict(model, jnp.array([0.5, -1.0]))
print(f"mean {mean}, spread {spread}")
