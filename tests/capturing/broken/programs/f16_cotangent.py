"""Mixed precision with a loss scale that doubles every eight steps; the activations are small."""
import jax
import jax.numpy as jnp
import numpy as np

rng = np.random.default_rng(13)


def forward(params, x):
    h = jnp.tanh(x.astype(jnp.float16) @ params["a"].astype(jnp.float16))
    return h @ params["b"].astype(jnp.float16)


def scaled_loss(params, x, y, scale):
    out = forward(params, x).astype(jnp.float32)
    loss = jnp.sum((out - y) ** 2)
    return loss * scale, loss


@jax.jit
def train_step(params, x, y, scale):
    (_, loss), grads = jax.value_and_grad(scaled_loss, has_aux=True)(params, x, y, scale)
    grads = jax.tree.map(lambda g: g / scale, grads)
    return jax.tree.map(lambda p, g: p - 0.002 * g, params, grads), loss


params = {"a": jnp.asarray(0.05 * rng.normal(size=(3, 8)), jnp.float32), "b": jnp.zeros(8)}
scale = 2.0**11
for n in range(48):
    x = rng.normal(size=(4, 3)).astype(np.float32)
    params, loss = train_step(params, x, np.full(4, 3.0, np.float32), scale)
    if n % 8 == 7:
        scale = scale * 2
    print(n, scale, float(loss))
