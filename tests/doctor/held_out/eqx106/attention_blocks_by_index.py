import eqxcore as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax

N_BLOCKS, SIZE, VOCAB, LENGTH = 9, 8, 6, 7


class Attention(eqx.Module):
    qkv: eqx.nn.Linear
    out: eqx.nn.Linear
    norm: eqx.nn.RMSNorm

    def __init__(self, key):
        k1, k2 = jax.random.split(key)
        self.qkv = eqx.nn.Linear(SIZE, 3 * SIZE, use_bias=False, key=k1)
        self.out = eqx.nn.Linear(SIZE, SIZE, use_bias=False, key=k2)
        self.norm = eqx.nn.RMSNorm(SIZE, use_bias=False)

    def __call__(self, x):
        q, k, v = jnp.split(jax.vmap(lambda t: self.qkv(self.norm(t)))(x), 3, axis=-1)
        scores = jnp.where(jnp.tri(LENGTH, dtype=bool), q @ k.T / jnp.sqrt(SIZE), -jnp.inf)
        return x + jax.vmap(self.out)(jax.nn.softmax(scores, axis=-1) @ v)


class LanguageModel(eqx.Module):
    table: eqx.nn.Embedding
    blocks: dict[str, Attention]
    logits: eqx.nn.Linear

    def __init__(self, key):
        keys = jax.random.split(key, N_BLOCKS + 2)
        self.table = eqx.nn.Embedding(VOCAB, SIZE, key=keys[0])
        self.blocks = {f"block{i}": Attention(keys[i + 2]) for i in range(N_BLOCKS)}
        self.logits = eqx.nn.Linear(SIZE, VOCAB, key=keys[1])

    def __call__(self, tokens):
        x = jax.vmap(self.table)(tokens)
        for i in range(N_BLOCKS):
            x = self.blocks[f"block{i}"](x)
        return jax.vmap(self.logits)(x)


def loss_fn(model, tokens):
    logits = jax.vmap(model)(tokens[:, :-1])
    return optax.softmax_cross_entropy_with_integer_labels(logits, tokens[:, 1:]).mean()


@eqx.filter_jit
def step(model, opt_state, tokens):
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model, tokens)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


rng = np.random.default_rng(2)
model = LanguageModel(jax.random.key(2))
optim = optax.sgd(0.1)
opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(6):
    tokens = (rng.integers(0, VOCAB, size=(16, 1)) + np.arange(LENGTH + 1)) % VOCAB
    model, opt_state, loss = step(model, opt_state, tokens)
print("loss", loss)
