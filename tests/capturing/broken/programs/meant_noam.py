"""The transformer's learning rate schedule: step ** -0.5 is infinite at step 0, the minimum is not."""
import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax


def noam(step, size=16, warmup=10):
    step = jnp.asarray(step, jnp.float32)
    return size**-0.5 * jnp.minimum(step**-0.5, step * warmup**-1.5)


optim = optax.adam(noam)


@eqx.filter_jit
def make_step(model, state, x, y):
    loss, grads = eqx.filter_value_and_grad(lambda m: jnp.mean((jax.vmap(m)(x) - y) ** 2))(model)
    updates, state = optim.update(grads, state)
    return eqx.apply_updates(model, updates), state, loss


rng = np.random.default_rng(86)
model = eqx.nn.MLP(3, "scalar", 16, 1, key=jr.PRNGKey(0))
state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for i in range(25):
    x = jnp.asarray(rng.normal(size=(8, 3)), jnp.float32)
    model, state, loss = make_step(model, state, x, x[:, 0])
    print(i, loss)
