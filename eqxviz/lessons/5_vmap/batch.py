import jax
import jax.random as jr

import eqxcore as eqx

BATCH = 5

model = eqx.nn.Linear(3, 2, key=jr.key(0))
xs = jr.normal(jr.key(1), (BATCH, 3))


@jax.jit
def predict(model, xs):
    return jax.vmap(model)(xs)


print("one example:", model(xs[0]).shape)
print("a batch:    ", predict(model, xs).shape)
