import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

BATCH = 32


def batches(x, y, rng):
    order = rng.permutation(len(x))
    for start in range(0, len(x), BATCH):
        index = order[start : start + BATCH]
        yield x[index], y[index]


@eqx.filter_jit
def step(model, opt_state, x, y):
    @eqx.filter_value_and_grad
    def loss_fn(model):
        return jnp.mean((jax.vmap(model)(x) - y) ** 2)

    loss, grads = loss_fn(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


rng = np.random.default_rng(0)
x = rng.normal(size=(150, 3)).astype(np.float32)
y = np.cos(x).prod(axis=1)
model = eqx.nn.MLP(3, "scalar", 16, 1, key=jax.random.PRNGKey(0))
optim = optax.sgd(0.05)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for epoch in range(4):
    for xb, yb in batches(x, y, rng):
        model, opt_state, loss = step(model, opt_state, xb, yb)
print("loss", loss)
