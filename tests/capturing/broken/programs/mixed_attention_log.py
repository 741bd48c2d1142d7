"""Causal attention with -inf masks, which is right, and a log of a probability, which is not."""
import jax
import jax.numpy as jnp
import numpy as np


def attend(p, x):
    scores = (x @ p["q"]) @ (x @ p["k"]).T / 2.0
    scores = jnp.where(jnp.tril(jnp.ones(scores.shape, bool)), scores, -jnp.inf)
    return jax.nn.softmax(scores) @ (x @ p["v"])


def next_token_loss(p, tokens):
    x = p["embed"][tokens]
    probabilities = jax.nn.softmax(p["sharpness"] * attend(p, x) @ p["embed"].T)
    chosen = jnp.take_along_axis(probabilities[:-1], tokens[1:, None], axis=1)
    return -jnp.log(chosen).mean()


@jax.jit
def step(p, tokens):
    def loss_fn(p):
        return jax.vmap(next_token_loss, in_axes=(None, 0))(p, tokens).mean()

    loss, g = jax.value_and_grad(loss_fn)(p)
    return jax.tree.map(lambda p, g: p - 0.05 * g, p, g), loss


rng = np.random.default_rng(100)
p = {n: jnp.asarray(0.5 * rng.normal(size=(4, 4)), jnp.float32) for n in "qkv"}
p |= {"embed": jnp.asarray(rng.normal(size=(11, 4)), jnp.float32), "sharpness": jnp.ones(())}
for n in range(24):
    if n == 19:
        p["sharpness"] = jnp.array(1e4)  # annealed to a hard choice
    p, loss = step(p, rng.integers(0, 11, (3, 6)))
    print(n, loss)
