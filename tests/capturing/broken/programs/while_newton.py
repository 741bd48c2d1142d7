"""An implicit layer: Newton's method in a while loop finds the root, then one step is learned."""
import jax
import jax.numpy as jnp
import numpy as np


def f(x, a):
    return x**3 - 3 * x + a


def newton(a, x0):
    def unfinished(state):
        k, x = state
        return (k < 12) & (jnp.max(jnp.abs(f(x, a))) > 1e-4)

    def improve(state):
        k, x = state
        slope = 3 * x**2 - 3
        return k + 1, x - f(x, a) / slope

    return jax.lax.while_loop(unfinished, improve, (0, x0))[1]


def loss_fn(w, a, x0):
    root = jax.lax.stop_gradient(newton(a, x0))
    return jnp.mean((w[0] * a + w[1] - root) ** 2)


@jax.jit
def learn(w, a, x0):
    loss, g = jax.value_and_grad(loss_fn)(w, a, x0)
    return w - 0.01 * g, loss


rng = np.random.default_rng(31)
w = jnp.zeros(2)
for n in range(26):
    a = rng.uniform(-0.5, 0.5, 5).astype(np.float32)
    x0 = np.full(5, -2.0, np.float32)
    if n == 15:
        a[3], x0[3] = 3.0, 0.0
    w, loss = learn(w, a, x0)
    print(n, loss)
