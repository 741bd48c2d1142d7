import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


class Model(eqx.Module):
    linear: eqx.nn.Linear
    dropout: eqx.nn.Dropout

    def __call__(self, x, key):
        return self.dropout(jnp.tanh(self.linear(x)), key=key)


@eqx.filter_jit
def predict(model, x, key):
    return model(x, key)


model = Model(eqx.nn.Linear(2, 3, key=jr.key(0)), eqx.nn.Dropout(0.5))
doubled = jax.tree.map(
    lambda leaf: 2 * leaf if eqx.is_inexact_array(leaf) else leaf,
    model,
)
tested = eqx.nn.inference_mode(model)

x, key = jnp.ones(2), jr.key(1)
for each in (model, doubled, tested, model, tested):
    print(predict(each, x, key))
