"""Dynamic loss scaling: overflows of float16 gradients are expected, the update is skipped."""
import jax
import jax.numpy as jnp
import numpy as np


def loss_fn(params, x, y, scale):
    h = jnp.tanh(x.astype(jnp.float16) @ params["a"].astype(jnp.float16))
    out = (h @ params["b"].astype(jnp.float16)).astype(jnp.float32)
    loss = jnp.sum((out - y) ** 2)
    return loss * scale, loss


def all_finite(tree):
    return jnp.stack([jnp.all(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(tree)]).all()


@jax.jit
def step(params, scale, x, y):
    (_, loss), grads = jax.value_and_grad(loss_fn, has_aux=True)(params, x, y, scale)
    ok = all_finite(grads)
    params = jax.tree.map(lambda p, g: jnp.where(ok, p - 0.002 * g / scale, p), params, grads)
    scale = jnp.where(ok, scale * 1.25, scale / 2)
    return params, scale, loss, ok


rng = np.random.default_rng(84)
params = {"a": jnp.asarray(rng.normal(size=(3, 8)), jnp.float32), "b": jnp.zeros(8)}
scale = jnp.array(2.0**10)
skipped = 0
for n in range(40):
    x = rng.normal(size=(4, 3)).astype(np.float32)
    params, scale, loss, ok = step(params, scale, x, np.full(4, 3.0, np.float32))
    skipped += not ok
    print(n, loss, scale)
assert skipped > 2
