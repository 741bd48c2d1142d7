# says: shapes
import jax
import jax.random as jr

import eqxcore as eqx


class Network(eqx.Module):
    first: eqx.nn.Linear
    middle: eqx.nn.Linear
    last: eqx.nn.Linear

    def __init__(self, in_size, width, out_size, key):
        first_key, middle_key, last_key = jr.split(key, 3)
        self.first = eqx.nn.Linear(in_size, width, key=first_key)
        self.middle = eqx.nn.Linear(4, 4, key=middle_key)
        self.last = eqx.nn.Linear(width, out_size, key=last_key)

    def __call__(self, x):
        x = jax.nn.relu(self.first(x))
        x = jax.nn.relu(self.middle(x))
        return self.last(x)


model = Network(2, 4, 1, jr.key(0))
