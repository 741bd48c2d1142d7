"""A polynomial schedule that is asked for one step more than it was made for."""
import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax

TOTAL = 24


def polynomial(step):
    left = 1.0 - step / TOTAL
    return 0.05 * left**0.9


optimizer = optax.inject_hyperparams(optax.sgd)(learning_rate=polynomial)


@eqx.filter_value_and_grad
def mse(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


@eqx.filter_jit
def make_step(model, opt_state, x, y):
    loss, grads = mse(model, x, y)
    updates, opt_state = optimizer.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


rng = np.random.default_rng(46)
model = eqx.nn.MLP(2, "scalar", 8, 1, key=jr.PRNGKey(0))
opt_state = optimizer.init(eqx.filter(model, eqx.is_inexact_array))
for epoch in range(3):
    for batch in range(10):
        x = jnp.asarray(rng.normal(size=(8, 2)), jnp.float32)
        model, opt_state, loss = make_step(model, opt_state, x, x[:, 0] * 2)
    print(epoch, loss)
