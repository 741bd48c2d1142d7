import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
from jaxtyping import Array

VOCABULARY = 27


class Bigram(eqx.Module):
    embed: eqx.nn.Embedding
    mixer: eqx.nn.Linear
    unembed: Array

    def __init__(self, vocabulary, size, *, key):
        embed_key, mixer_key = jr.split(key)
        self.embed = eqx.nn.Embedding(vocabulary, size, key=embed_key)
        self.mixer = eqx.nn.Linear(size, size, key=mixer_key)
        self.unembed = self.embed.weight

    def __call__(self, token):
        return jax.nn.log_softmax(self.unembed @ jnp.tanh(self.mixer(self.embed(token))))


@eqx.filter_jit
def perplexity(model, text):
    log_probs = jax.vmap(model)(text[:-1])
    chosen = jnp.take_along_axis(log_probs, text[1:, None], axis=1)
    return jnp.exp(-jnp.mean(chosen))


model_key, text_key = jr.split(jr.PRNGKey(3))
model = Bigram(VOCABULARY, 12, key=model_key)
texts = jr.randint(text_key, (6, 50), 0, VOCABULARY)
scores = [perplexity(model, text) for text in texts]
print("perplexity", jnp.stack(scores).mean())
