"""An activation is kept for later in a list, from inside the step."""
import jax
import jax.numpy as jnp
import numpy as np

kept = []


def forward(w, x):
    h = jnp.tanh(x @ w)
    kept.append(h)
    return h.sum(axis=1)


@jax.jit
def step(w, x, y):
    loss, g = jax.value_and_grad(lambda w: jnp.mean((forward(w, x) - y) ** 2))(w)
    return w - 0.1 * g, loss


w = jnp.ones((3, 4)) / 10
for i in range(20):
    x = np.random.default_rng(i).normal(size=(8, 3)).astype(np.float32)
    w, loss = step(w, x, x[:, 0])
    if i == 9:
        print("mean activation", jnp.mean(kept[-1]))
