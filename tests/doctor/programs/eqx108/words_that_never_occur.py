import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class BagOfWords(eqx.Module):
    words: eqx.nn.Embedding
    groups: eqx.nn.Embedding
    group_of_word: jax.Array
    head: eqx.nn.Linear

    def __init__(self, vocabulary, groups, size, *, key):
        kw, kg, kh = jr.split(key, 3)
        self.words = eqx.nn.Embedding(vocabulary, size, key=kw)
        self.groups = eqx.nn.Embedding(groups, size, key=kg)
        self.group_of_word = jnp.arange(vocabulary) % groups
        self.head = eqx.nn.Linear(size, "scalar", key=kh)

    def __call__(self, tokens):
        word_vectors = jax.vmap(self.words)(tokens)
        group_vectors = jax.vmap(self.groups)(self.group_of_word[tokens])
        return self.head(jnp.mean(word_vectors + group_vectors, axis=0))


@eqx.filter_value_and_grad(has_aux=True)
def loss_fn(model, tokens, labels):
    logits = jax.vmap(model)(tokens)
    accuracy = jnp.mean((logits > 0) == (labels > 0.5))
    return optax.sigmoid_binary_cross_entropy(logits, labels).mean(), accuracy


@eqx.filter_jit
def step(model, opt_state, tokens, labels):
    (loss, accuracy), grads = loss_fn(model, tokens, labels)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss, accuracy


token_key, model_key = jr.split(jr.PRNGKey(18))
tokens = jr.randint(token_key, (40, 6), 0, 25)
labels = (tokens.mean(axis=1) > 12).astype(jnp.float32)
model = BagOfWords(500, 7, 8, key=model_key)
optim = optax.adam(2e-2)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(20):
    model, opt_state, loss, accuracy = step(model, opt_state, tokens, labels)
print("loss", loss, "accuracy", accuracy)
