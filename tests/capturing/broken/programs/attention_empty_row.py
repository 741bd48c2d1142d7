"""A causal transformer layer; at some step a row of the mask lets nothing through."""
import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax


class Attention(eqx.Module):
    q: eqx.nn.Linear
    k: eqx.nn.Linear
    v: eqx.nn.Linear

    def __init__(self, size, *, key):
        keys = jr.split(key, 3)
        self.q, self.k, self.v = (eqx.nn.Linear(size, size, use_bias=False, key=k) for k in keys)

    def __call__(self, x, mask):
        q, k, v = jax.vmap(self.q)(x), jax.vmap(self.k)(x), jax.vmap(self.v)(x)
        scores = jnp.where(mask, q @ k.T / jnp.sqrt(q.shape[-1]), -jnp.inf)
        return jax.nn.softmax(scores, axis=-1) @ v


class Block(eqx.Module):
    norm: eqx.nn.LayerNorm
    attention: Attention
    head: eqx.nn.Linear

    def __init__(self, size, *, key):
        k1, k2 = jr.split(key)
        self.norm = eqx.nn.LayerNorm(size)
        self.attention = Attention(size, key=k1)
        self.head = eqx.nn.Linear(size, size, key=k2)

    def __call__(self, x, mask):
        x = x + self.attention(jax.vmap(self.norm)(x), mask)
        return jax.vmap(self.head)(x)


def loss_fn(model, x, mask):
    out = jax.vmap(model)(x, mask)
    return jnp.mean((out[:, :-1] - x[:, 1:]) ** 2)


optimizer = optax.adamw(1e-3)


@eqx.filter_jit
def train_step(model, opt_state, x, mask):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, x, mask)
    updates, opt_state = optimizer.update(grads, opt_state, eqx.filter(model, eqx.is_array))
    return eqx.apply_updates(model, updates), opt_state, loss


rng = np.random.default_rng(21)
model = Block(8, key=jr.PRNGKey(0))
opt_state = optimizer.init(eqx.filter(model, eqx.is_array))
for n in range(20):
    x = jnp.asarray(rng.normal(size=(3, 6, 8)), jnp.float32)
    mask = np.broadcast_to(np.tril(np.ones((6, 6), bool)), (3, 6, 6)).copy()
    if n == 13:
        mask[1, :, :2] = False  # padded on the left
    model, opt_state, loss = train_step(model, opt_state, x, jnp.asarray(mask))
    print(n, f"{loss:.4f}")
