import jax.numpy as jnp
import jax.random as jr
import optax

import eqxcore as eqx

optim = optax.adam(0.1)


@eqx.filter_value_and_grad
def loss_and_gradients(model, x, y):
    return jnp.mean((model.weight @ x + model.bias[:, None] - y) ** 2)


@eqx.filter_jit
def make_step(model, opt_state, x, y):
    loss, gradients = loss_and_gradients(model, x, y)
    updates, opt_state = optim.update(gradients, opt_state)
    return loss, eqx.apply_updates(model, updates), opt_state


x = jr.normal(jr.key(1), (3, 64))
y = jnp.array([[1.0, -2.0, 0.5]]) @ x
model = other = eqx.nn.Linear(3, 1, key=jr.key(0))
opt_state = other_state = optim.init(model)

for i in range(201):
    kept, model, opt_state = make_step(model, opt_state, x, y)
    lost, other, _ = make_step(other, other_state, x, y)
    if i % 50 == 0:
        print(i, f"kept {kept:.4f}, lost {lost:.4f}")
