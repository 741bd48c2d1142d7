"""Weight noise by Box and Muller from bfloat16 uniforms, which are 0 once in 128 samples."""
import jax
import jax.numpy as jnp
import numpy as np


def normal(key, shape):
    radius, angle = jax.random.uniform(key, (2, *shape), jnp.bfloat16)
    return jnp.sqrt(-2 * jnp.log(radius)) * jnp.cos(2 * jnp.pi * angle)


def noisy(key, params, sd=0.01):
    leaves, tree = jax.tree.flatten(params)
    keys = jax.random.split(key, len(leaves))
    return jax.tree.unflatten(tree, [p + sd * normal(k, p.shape) for p, k in zip(leaves, keys)])


@jax.jit
def step(params, key, x, y):
    def loss_fn(params):
        w = noisy(key, params)["w"]
        return jnp.mean((x @ w - y) ** 2)

    loss, g = jax.value_and_grad(loss_fn)(params)
    return jax.tree.map(lambda p, g: p - 0.05 * g, params, g), loss


rng = np.random.default_rng(52)
key = jax.random.PRNGKey(0)
params = {"w": jnp.zeros(3)}
for i in range(40):
    key, use = jax.random.split(key)
    x = rng.normal(size=(8, 3)).astype(np.float32)
    params, loss = step(params, use, x, x[:, 0])
    print(i, loss)
