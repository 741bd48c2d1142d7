"""Half precision: the second layer's sums leave float16's range."""
import jax
import jax.numpy as jnp
import numpy as np

half = jnp.float16


def layer(w, b, x):
    return x @ w + b


def network(params, x):
    (w1, b1), (w2, b2) = params
    h = jax.nn.relu(layer(w1, b1, x))
    return layer(w2, b2, h)


def loss_fn(params, x, y):
    out = network(params, x)
    return jnp.mean(jnp.abs(out - y).astype(jnp.float32))


@jax.jit
def sgd(params, x, y):
    loss, grads = jax.value_and_grad(loss_fn)(params, x, y)
    return jax.tree.map(lambda p, g: (p - 0.01 * g).astype(half), params, grads), loss


rng = np.random.default_rng(12)
params = [(jnp.full((4, 64), 0.5, half), jnp.zeros(64, half)), (jnp.full((64, 2), 0.25, half), jnp.zeros(2, half))]
for n in range(21):
    x = rng.uniform(0, 1, (8, 4))
    if n == 10:
        x[6] = 8000.0
    params, loss = sgd(params, jnp.asarray(x, half), jnp.asarray(x[:, :2], half))
    print(n, loss)
