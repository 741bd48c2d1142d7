import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

optim = optax.rmsprop(2e-3)


@eqx.filter_jit
def gradients(model, x, y):
    def loss_fn(model):
        return jnp.mean(jnp.abs(jax.vmap(model)(x) - y))

    return eqx.filter_value_and_grad(loss_fn)(model)


@eqx.filter_jit
def accumulate(total, grads):
    return jax.tree.map(jnp.add, total, grads)


@eqx.filter_jit
def apply(model, opt_state, total, n):
    mean = jax.tree.map(lambda g: g / n, total)
    updates, opt_state = optim.update(mean, opt_state)
    return eqx.apply_updates(model, updates), opt_state


rng = np.random.default_rng(3)
model = eqx.nn.MLP(3, "scalar", 24, 2, activation=jnp.tanh, key=jax.random.PRNGKey(3))
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))

for _ in range(10):
    total = None
    for _ in range(4):
        x = rng.uniform(-1, 1, size=(16, 3)).astype(np.float32)
        y = (x[:, 0] * x[:, 1] - x[:, 2]).astype(np.float32)
        loss, grads = gradients(model, x, y)
        total = grads if total is None else accumulate(total, grads)
    model, opt_state = apply(model, opt_state, total, 4)

print("last micro-batch", loss)
