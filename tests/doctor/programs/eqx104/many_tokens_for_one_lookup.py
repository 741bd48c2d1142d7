import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr


class WordClassifier(eqx.Module):
    lookup: eqx.nn.Embedding
    layer: eqx.nn.Linear

    def __init__(self, n_words, n_classes, *, key):
        lookup_key, layer_key = jr.split(key)
        self.lookup = eqx.nn.Embedding(n_words, 6, key=lookup_key)
        self.layer = eqx.nn.Linear(6, n_classes, key=layer_key)

    def __call__(self, word):
        return jax.nn.log_softmax(self.layer(self.lookup(word)))


classifier_key, word_key = jr.split(jr.PRNGKey(5))
classify = eqx.filter_jit(WordClassifier(100, 4, key=classifier_key))
words = jr.randint(word_key, (32,), 0, 100)
log_probs = classify(words)
print(jnp.exp(log_probs).mean(axis=0))
