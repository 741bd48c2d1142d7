"""A sequence tagger: the loss is the mean over tokens that are not padding."""
import jax
import jax.numpy as jnp
import numpy as np
import optax

VOCAB, TAGS, LENGTH = 50, 5, 10
optimizer = optax.adam(1e-2)


def init(seed):
    k1, k2 = jax.random.split(jax.random.PRNGKey(seed))
    return {"embed": 0.1 * jax.random.normal(k1, (VOCAB, 16)), "out": 0.1 * jax.random.normal(k2, (16, TAGS))}


def masked_mean(values, mask):
    return jnp.sum(values * mask) / jnp.sum(mask)


def loss_fn(params, tokens, tags):
    logits = params["embed"][tokens] @ params["out"]
    losses = optax.softmax_cross_entropy_with_integer_labels(logits, tags)
    mask = (tokens != 0).astype(jnp.float32)
    return masked_mean(losses, mask), {"tokens": mask.sum()}


@jax.jit
def train_step(params, opt_state, tokens, tags):
    (loss, aux), grads = jax.value_and_grad(loss_fn, has_aux=True)(params, tokens, tags)
    updates, opt_state = optimizer.update(grads, opt_state)
    return optax.apply_updates(params, updates), opt_state, loss, aux


rng = np.random.default_rng(3)
params = init(0)
opt_state = optimizer.init(params)
for n in range(30):
    tokens = rng.integers(1, VOCAB, (4, LENGTH))
    for row, used in enumerate(rng.integers(3, LENGTH, 4)):
        tokens[row, used:] = 0
    if n == 19:
        tokens[:] = 0  # a batch of empty sentences
    params, opt_state, loss, aux = train_step(params, opt_state, tokens, tokens % TAGS)
    print(f"step {n} loss {loss:.3f} tokens {aux['tokens']:.0f}")
