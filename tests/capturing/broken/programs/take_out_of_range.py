"""A token outside of the vocabulary: jnp.take fills with NaN instead of raising."""
import jax
import jax.numpy as jnp
import numpy as np
import optax

VOCAB = 30


def logits(params, tokens):
    vectors = jnp.take(params["embed"], tokens, axis=0)
    return vectors.mean(axis=1) @ params["out"]


@jax.jit
def train_step(params, state, tokens, label):
    def loss_fn(params):
        return optax.sigmoid_binary_cross_entropy(logits(params, tokens), label).mean()

    loss, grads = jax.value_and_grad(loss_fn)(params)
    updates, state = optimizer.update(grads, state)
    return optax.apply_updates(params, updates), state, loss


rng = np.random.default_rng(120)
optimizer = optax.adam(1e-2)
params = {"embed": jnp.asarray(rng.normal(size=(VOCAB, 8)), jnp.float32), "out": jnp.zeros(8)}
state = optimizer.init(params)
for i in range(24):
    tokens = rng.integers(0, VOCAB, (6, 5))
    if i == 18:
        tokens[3, 1] = VOCAB  # the new "unknown" token
    params, state, loss = train_step(params, state, tokens, (tokens[:, 0] > 15).astype(np.float32))
    print(i, loss)
