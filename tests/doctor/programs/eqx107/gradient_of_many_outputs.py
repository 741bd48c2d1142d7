import jax
import jax.numpy as jnp


def model(params, x):
    return jax.nn.sigmoid(x @ params["w"] + params["b"])


def loss_fn(params, x, y):
    p = model(params, x)
    return -(y * jnp.log(p) + (1 - y) * jnp.log1p(-p))


@jax.jit
def step(params, x, y):
    grads = jax.grad(loss_fn)(params, x, y)
    return jax.tree.map(lambda p, g: p - 0.1 * g, params, grads)


x = jax.random.normal(jax.random.key(0), (40, 3))
y = (x[:, 0] > 0).astype(jnp.float32)
params = {"w": jnp.zeros(3), "b": jnp.zeros(())}
for _ in range(10):
    params = step(params, x, y)
print(params)
