from dataclasses import dataclass

import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax
from jaxtyping import Array

ALPHABET = 16


@dataclass(frozen=True)
class Config:
    size: int = 8
    rate: float = 2e-2
    steps: int = 15


class CharModel(eqx.Module):
    embedding: eqx.nn.Embedding
    norm: eqx.nn.LayerNorm
    head: Array

    def __init__(self, alphabet, config, *, key):
        self.embedding = eqx.nn.Embedding(alphabet, config.size, key=key)
        self.norm = eqx.nn.LayerNorm(config.size)
        self.head = self.embedding.weight

    def __call__(self, char):
        return self.head @ self.norm(self.embedding(char))


config = Config()
model_key, text_key = jr.split(jr.key(10))
model = CharModel(ALPHABET, config, key=model_key)
text = (jnp.arange(200) * 3 + jr.bernoulli(text_key, 0.1, (200,))) % ALPHABET
optim = optax.adam(config.rate)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))


@eqx.filter_jit
def step(model, opt_state, text):
    def loss_fn(model):
        logits = jax.vmap(model)(text[:-1])
        return optax.softmax_cross_entropy_with_integer_labels(logits, text[1:]).mean()

    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


for _ in range(config.steps):
    model, opt_state, loss = step(model, opt_state, text)
print(f"{loss:.3f}")
