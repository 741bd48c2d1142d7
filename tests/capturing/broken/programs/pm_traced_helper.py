"""While the step is traced again for a longer sequence, a helper raises."""
import jax
import jax.numpy as jnp
import numpy as np

MAX_LENGTH = 16


def positions(length):
    if length > MAX_LENGTH:
        raise ValueError(f"sequence of {length} is longer than the table of {MAX_LENGTH} positions")
    return jnp.arange(length)


def embed(params, tokens):
    return params["token"][tokens] + params["position"][positions(tokens.shape[-1])]


def loss_fn(params, tokens):
    h = embed(params, tokens)
    return jnp.mean((h[:, 1:] - h[:, :-1]) ** 2)


train_step = jax.jit(lambda params, tokens: jax.value_and_grad(loss_fn)(params, tokens))

rng = np.random.default_rng(12)
params = {"token": jnp.asarray(rng.normal(size=(9, 4)), jnp.float32), "position": jnp.zeros((MAX_LENGTH, 4))}
for n, length in enumerate([8] * 10 + [16] * 10 + [20] * 10):
    loss, grads = train_step(params, rng.integers(0, 9, (4, length)))
    params = jax.tree.map(lambda p, g: p - 0.1 * g, params, grads)
    print(n, loss)
