"""The log of a mask, which is meant to be -inf, meets queries that were normalised by 0."""
import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np


class Attention(eqx.Module):
    query: eqx.nn.Linear
    key: eqx.nn.Linear

    def __call__(self, x, allowed):
        bias = jnp.log(allowed)
        q = jax.vmap(self.query)(x)
        q = q / jnp.linalg.norm(q, axis=-1, keepdims=True)
        scores = q @ jax.vmap(self.key)(x).T + bias
        return jax.nn.softmax(scores, axis=-1) @ x


@eqx.filter_jit
def step(model, x, allowed):
    def loss_fn(model):
        return jnp.mean((model(x, allowed)[:-1] - x[1:]) ** 2)

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    return eqx.apply_updates(model, jax.tree.map(lambda g: -0.1 * g, grads)), loss


rng = np.random.default_rng(110)
a, b = jr.split(jr.key(0))
model = Attention(
    eqx.nn.Linear(5, 4, use_bias=False, key=a), eqx.nn.Linear(5, 4, use_bias=False, key=b)
)
for n in range(16):
    x = rng.normal(size=(7, 5)).astype(np.float32)
    if n == 8:
        x[2] = 0.0
    model, loss = step(model, x, np.tri(7, dtype=np.float32))
    print(n, loss)
