"""Only the loss is jitted; value_and_grad and the update run outside of it."""
import jax
import jax.numpy as jnp
import numpy as np


@jax.jit
def loss_fn(params, x, y):
    share = jax.nn.relu(x @ params["w"])
    share = share / share.sum(axis=1, keepdims=True)
    return jnp.mean((share - y) ** 2)


value_and_grad = jax.value_and_grad(loss_fn)
rng = np.random.default_rng(123)
params = {"w": jnp.eye(3)}
for i in range(25):
    x = rng.uniform(0.5, 1.5, (8, 3)).astype(np.float32)
    if i == 15:
        x[2] = -x[2]
    loss, grads = value_and_grad(params, x, x / x.sum(1, keepdims=True))
    params = jax.tree.map(lambda p, g: p - 0.1 * g, params, grads)
    print(i, loss)
