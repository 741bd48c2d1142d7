"""Training is fine, and a monitored float16 sum of squares overflows; the loss stays finite."""
import jax
import jax.numpy as jnp
import numpy as np


def forward(w, x):
    h = jnp.tanh(x @ w["in"])
    return h @ w["out"], {"power": jnp.sum((8 * h) ** 2)}


def loss_fn(w, x, y):
    out, metrics = forward(w, x)
    return jnp.mean((out - y).astype(jnp.float32) ** 2), metrics


@jax.jit
def step(w, x, y):
    (loss, metrics), g = jax.value_and_grad(loss_fn, has_aux=True)(w, x, y)
    return jax.tree.map(lambda p, g: p - jnp.float16(0.01) * g, w, g), loss, metrics


rng = np.random.default_rng(73)
w = {"in": jnp.asarray(rng.normal(size=(3, 32)), jnp.float16), "out": jnp.zeros(32, jnp.float16)}
for i in range(30):
    x = rng.normal(size=(40, 3)) * (0.5 if i < 21 else 20)
    w, loss, metrics = step(w, jnp.asarray(x, jnp.float16), jnp.ones(40, jnp.float16))
    print(i, loss, metrics["power"])
