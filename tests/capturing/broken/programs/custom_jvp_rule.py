"""x log x, with its limit 0 at 0; the derivative's rule forgets that."""
import jax
import jax.numpy as jnp
import numpy as np
import optax


@jax.custom_jvp
def xlogx(x):
    return jnp.where(x == 0, 0.0, x * jnp.log(jnp.where(x == 0, 1.0, x)))


@xlogx.defjvp
def xlogx_rule(primals, tangents):
    (x,), (t,) = primals, tangents
    return xlogx(x), (1.0 + jnp.log(x)) * t


def objective(params, x):
    p = x @ params["w"]
    return jnp.sum(xlogx(p)) / len(x)


optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.sgd(1e-2))


@jax.jit
def step(params, state, x):
    value, grads = jax.value_and_grad(objective)(params, x)
    updates, state = optimizer.update(grads, state)
    return optax.apply_updates(params, updates), state, value


rng = np.random.default_rng(27)
params = {"w": jnp.ones((3, 3)) / 3}
state = optimizer.init(params)
for n in range(24):
    x = rng.uniform(0.2, 1, (6, 3)).astype(np.float32)
    if n == 17:
        x[5] = 0.0
    params, state, value = step(params, state, x)
    print(n, value)
