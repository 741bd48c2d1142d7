"""Writes on a sequence token by token with a tiny (untrained) attention model."""

import jax
import jax.numpy as jnp
import numpy as np

VOCAB, SIZE = 12, 16


def init(key):
    names = ["embed", "query", "key", "value", "logits"]
    shapes = [(VOCAB, SIZE), (SIZE, SIZE), (SIZE, SIZE), (SIZE, SIZE), (SIZE, VOCAB)]
    keys = jax.random.split(key, len(names))
    return {
        name: jax.random.normal(k, shape) / jnp.sqrt(shape[0])
        for name, k, shape in zip(names, keys, shapes)
    }


@jax.jit
def next_token(params, tokens):
    x = params["embed"][tokens]
    scores = (x[-1] @ params["query"]) @ (x @ params["key"]).T / jnp.sqrt(SIZE)
    mixed = jax.nn.softmax(scores) @ (x @ params["value"])
    return jnp.argmax((x[-1] + mixed) @ params["logits"])


def generate(params, prompt, n_new):
    tokens = list(prompt)
    for _ in range(n_new):
        token = next_token(params, np.array(tokens, dtype=np.int32))
        tokens.append(int(token))
    return tokens


if __name__ == "__main__":
    params = init(jax.random.key(0))
    print(generate(params, [3, 1, 4], n_new=12))
