"""Contrastive learning: cosine similarities of embeddings, one of which is zero."""
import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax


def cosine(a, b):
    return jnp.dot(a, b) / (jnp.linalg.norm(a) * jnp.linalg.norm(b))


def similarities(left, right):
    return jax.vmap(lambda a: jax.vmap(lambda b: cosine(a, b))(right))(left)


@eqx.filter_jit
def train_step(encoder, state, images, texts):
    def contrastive(encoder):
        logits = similarities(jax.vmap(encoder)(images), texts) / 0.1
        labels = jnp.arange(len(texts))
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    loss, grads = eqx.filter_value_and_grad(contrastive)(encoder)
    updates, state = optimizer.update(grads, state, encoder)
    return eqx.apply_updates(encoder, updates), state, loss


optimizer = optax.sgd(0.1)
rng = np.random.default_rng(25)
encoder = eqx.nn.Linear(5, 4, key=jr.PRNGKey(0))
state = optimizer.init(eqx.filter(encoder, eqx.is_array))
for i in range(20):
    images = jnp.asarray(rng.normal(size=(6, 5)), jnp.float32)
    texts = rng.normal(size=(6, 4)).astype(np.float32)
    if i == 8:
        texts[2] = 0  # an empty caption
    encoder, state, loss = train_step(encoder, state, images, jnp.asarray(texts))
    print(i, loss)
