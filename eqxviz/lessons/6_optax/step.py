import jax
import jax.numpy as jnp
import jax.random as jr
import optax

import eqxcore as eqx

optim = optax.adamw(0.02, weight_decay=0.01)


def loss_fn(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


@eqx.filter_jit
def make_step(model, opt_state, x, y):
    return loss_fn(model, x, y), model, opt_state


x = jnp.linspace(-3, 3, 64)[:, None]
y = jnp.sin(x)
model = eqx.nn.MLP(1, 1, 32, 1, key=jr.key(0))
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

for i in range(301):
    loss, model, opt_state = make_step(model, opt_state, x, y)
    if i % 100 == 0:
        print(i, f"{loss:.4f}")
