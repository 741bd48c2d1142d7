"""Softmax regression on three flower species; the loss takes the log of a probability."""
import jax
import jax.numpy as jnp
import numpy as np

rng = np.random.default_rng(0)
centres = rng.normal(size=(3, 4)) * 2


def batches(n):
    for i in range(n):
        y = rng.integers(0, 3, 32)
        x = centres[y] + 0.3 * rng.normal(size=(32, 4))
        if i == 16:
            x[5] *= -300.0  # one flower measured in another unit
        yield jnp.asarray(x, jnp.float32), jnp.asarray(y)


def predict(params, x):
    return jax.nn.softmax(x @ params["w"] + params["b"])


def cross_entropy(params, x, y):
    p = predict(params, x)
    picked = jnp.take_along_axis(p, y[:, None], axis=1)[:, 0]
    return -jnp.mean(jnp.log(picked))


@jax.jit
def step(params, x, y):
    loss, grads = jax.value_and_grad(cross_entropy)(params, x, y)
    params = jax.tree.map(lambda p, g: p - 0.5 * g, params, grads)
    return params, loss


params = {"w": jnp.zeros((4, 3)), "b": jnp.zeros(3)}
for i, (x, y) in enumerate(batches(30)):
    params, loss = step(params, x, y)
    if i % 5 == 0:
        print(f"{i:3d} loss {float(loss):.4f}")
