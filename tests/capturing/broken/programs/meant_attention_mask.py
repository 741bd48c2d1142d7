"""A causal transformer with -inf masks, which come out as weights of 0."""
import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np


class CausalAttention(eqx.Module):
    qkv: eqx.nn.Linear
    out: eqx.nn.Linear
    heads: int = eqx.field(static=True)

    def __init__(self, size, heads, key):
        a, b = jr.split(key)
        self.qkv = eqx.nn.Linear(size, 3 * size, key=a)
        self.out = eqx.nn.Linear(size, size, key=b)
        self.heads = heads

    def __call__(self, x):
        length, size = x.shape
        q, k, v = jnp.split(jax.vmap(self.qkv)(x), 3, axis=-1)
        q, k, v = (t.reshape(length, self.heads, -1) for t in (q, k, v))
        scores = jnp.einsum("qhd,khd->hqk", q, k) / np.sqrt(size // self.heads)
        mask = jnp.tril(jnp.ones((length, length), bool))
        scores = jnp.where(mask, scores, -jnp.inf)
        weights = jax.nn.softmax(scores, axis=-1)
        return jax.vmap(self.out)(jnp.einsum("hqk,khd->qhd", weights, v).reshape(length, size))


@eqx.filter_jit
def step(model, x):
    def loss_fn(model):
        return jnp.mean((jax.vmap(model)(x)[:, :-1] - x[:, 1:]) ** 2)

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    return eqx.apply_updates(model, jax.tree.map(lambda g: -0.1 * g, grads)), loss


rng = np.random.default_rng(80)
model = CausalAttention(8, 2, jr.key(0))
for n in range(20):
    model, loss = step(model, jnp.asarray(rng.normal(size=(3, 7, 8)), jnp.float32))
    print(n, loss)
