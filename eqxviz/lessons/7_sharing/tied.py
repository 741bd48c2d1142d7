import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


class Bigram(eqx.Module):
    """Returns how likely each token is to follow the given one."""

    shared: eqx.nn.Shared

    def __init__(self, n_tokens, size, key):
        key1, key2 = jr.split(key)
        embedding = eqx.nn.Embedding(n_tokens, size, key=key1)
        head = eqx.nn.Linear(size, n_tokens, use_bias=False, key=key2)
        self.shared = eqx.nn.Shared(
            (embedding, head),
            where=lambda pair: pair[1].weight,
            get=lambda pair: pair[0].weight,
        )

    def __call__(self, token):
        embedding, head = self.shared()
        return jax.nn.log_softmax(head(embedding(token)))


model = Bigram(50, 16, jr.key(0))
print(model(jnp.array(7)).shape)
