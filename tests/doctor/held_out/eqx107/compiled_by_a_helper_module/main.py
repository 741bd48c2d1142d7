import eqxcore as eqx
import jax.numpy as jnp
import jax.random as jr
import optax
from training import compiled, make_step


def build(key):
    first, second = jr.split(key)
    return eqx.nn.Sequential(
        [
            eqx.nn.Linear(1, 12, key=first),
            eqx.nn.Lambda(jnp.cos),
            eqx.nn.Linear(12, 1, key=second),
        ]
    )


model = build(jr.key(9))
optim = optax.rmsprop(1e-3)
state = optim.init(eqx.filter(model, eqx.is_inexact_array))
x = jnp.linspace(-1.0, 1.0, 50)[:, None]
y = x**3
step = compiled(make_step(optim))
for _ in range(10):
    model, state, loss = step(model, state, x, y)
print(loss)
