import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax
from jaxtyping import Array


class HashedBag(eqx.Module):
    """Scores a bag of words whose embeddings are shared by hash bucket."""

    buckets: Array
    embedding: Array
    head: eqx.nn.Linear

    def __init__(self, vocabulary, n_buckets, size, *, key):
        bucket_key, embedding_key, head_key = jr.split(key, 3)
        self.buckets = jr.randint(bucket_key, (vocabulary,), 0, n_buckets)
        self.embedding = 0.1 * jr.normal(embedding_key, (n_buckets, size))
        self.head = eqx.nn.Linear(size, "scalar", key=head_key)

    def __call__(self, tokens):
        return self.head(self.embedding[self.buckets[tokens]].mean(axis=0))


def loss_fn(model, tokens, target):
    logits = jax.vmap(model)(tokens)
    return optax.sigmoid_binary_cross_entropy(logits, target).mean()


model_key, token_key = jr.split(jr.PRNGKey(2))
tokens = jr.randint(token_key, (64, 12), 0, 500)
target = (tokens.sum(axis=1) > 3000).astype(jnp.float32)
model = HashedBag(500, 40, 8, key=model_key)
optim = optax.sgd(0.5, momentum=0.9)
opt_state = optim.init(eqx.filter(model, eqx.is_array))


@eqx.filter_jit
def step(model, opt_state):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, tokens, target)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


for _ in range(25):
    model, opt_state, loss = step(model, opt_state)
print("loss", loss)
