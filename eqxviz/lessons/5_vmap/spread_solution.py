import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


def make_one(key):
    return eqx.nn.MLP(2, 1, 8, 2, key=key)


def make_ensemble(n, key):
    return eqx.filter_vmap(make_one)(jr.split(key, n))


@eqx.filter_vmap(in_axes=(eqx.if_array(0), None))
def predict_each(model, x):
    return model(x)


def predict(ensemble, x):
    predicted = predict_each(ensemble, x)
    return jnp.mean(predicted, axis=0), jnp.std(predicted, axis=0)


model = make_ensemble(5, jr.key(0))
mean, spread = predict(model, jnp.array([0.5, -1.0]))
print(f"mean {mean}, spread {spread}")
