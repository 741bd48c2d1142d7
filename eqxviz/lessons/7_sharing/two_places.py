import jax
import jax.random as jr

import eqxcore as eqx


class Twice(eqx.Module):
    first: eqx.nn.Linear
    second: eqx.nn.Linear

    def __init__(self, key):
        layer = eqx.nn.Linear(3, 3, key=key)
        self.first = layer
        self.second = layer

    def __call__(self, x):
        return self.second(jax.nn.tanh(self.first(x)))


model = Twice(jr.key(0))
leaves, structure = jax.tree.flatten(model)
again = jax.tree.unflatten(structure, leaves)

print("built:    ", model.first is model.second)
print("flattened:", again.first is again.second)
