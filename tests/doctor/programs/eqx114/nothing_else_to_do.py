import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

rng = np.random.default_rng(0)
x = rng.normal(size=(512, 64)).astype(np.float32)
y = np.tanh(x @ rng.normal(size=(64, 8)) / 8).astype(np.float32)


@eqx.filter_jit
def make_step(model, opt_state, x, y):
    @eqx.filter_value_and_grad
    def loss_fn(model):
        return jnp.mean((jax.vmap(model)(x) - y) ** 2)

    loss, grads = loss_fn(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


model = eqx.nn.MLP(64, 8, 256, 2, key=jax.random.PRNGKey(0))
optim = optax.adam(1e-3)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

best, patience = float("inf"), 0
for step in range(40):
    model, opt_state, loss = make_step(model, opt_state, x, y)
    value = float(loss)
    if value < best - 1e-3:
        best, patience = value, 0
    else:
        patience += 1
    if patience == 10:
        break
print(f"stopped after {step + 1} steps with loss {value:.4f}")
