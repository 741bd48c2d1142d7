"""A small GPT learns to count in words: rotary and tied embeddings, accumulated gradients."""

import io

import equinox as eqx
import equinox.nn as nn
import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax

DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
TEXT = " ".join(DIGITS[i % 10] for i in range(400)) + " "
CHARACTERS = sorted(set(TEXT))
TOKENS = np.array([CHARACTERS.index(c) for c in TEXT], np.int32)
CONTEXT = 24


class CausalSelfAttention(eqx.Module):
    attention: nn.MultiheadAttention
    rope: nn.RotaryPositionalEmbedding

    def __init__(self, width, num_heads, dropout, *, key):
        self.attention = nn.MultiheadAttention(num_heads, width, dropout_p=dropout, key=key)
        self.rope = nn.RotaryPositionalEmbedding(width // num_heads, theta=1000.0)

    def __call__(self, x, *, key=None):
        def rotate(q, k, v):
            turn = jax.vmap(self.rope, in_axes=1, out_axes=1)
            return turn(q), turn(k), v

        mask = jnp.tril(jnp.ones((len(x), len(x)), bool))
        return self.attention(x, x, x, mask, key=key, process_heads=rotate)


class Block(eqx.Module):
    norm1: nn.RMSNorm
    attention: CausalSelfAttention
    norm2: nn.RMSNorm
    mlp: nn.Sequential
    dropout: nn.Dropout

    def __init__(self, width, num_heads, dropout, *, key):
        k1, k2, k3 = jr.split(key, 3)
        self.norm1 = nn.RMSNorm(width)
        self.attention = CausalSelfAttention(width, num_heads, dropout, key=k1)
        self.norm2 = nn.RMSNorm(width, use_bias=False)
        self.mlp = nn.Sequential(
            [
                nn.Linear(width, 4 * width, key=k2),
                nn.Lambda(jax.nn.gelu),
                nn.Linear(4 * width, width, key=k3),
                nn.Dropout(dropout),
            ]
        )
        self.dropout = nn.Dropout(dropout)

    def __call__(self, x, *, key=None):
        k1, k2, k3 = (None,) * 3 if key is None else jr.split(key, 3)
        x = x + self.dropout(self.attention(jax.vmap(self.norm1)(x), key=k1), key=k2)
        h = jax.vmap(self.norm2)(x)
        if k3 is None:
            return x + jax.vmap(self.mlp)(h)
        return x + jax.vmap(lambda h, key: self.mlp(h, key=key))(h, jr.split(k3, len(h)))


class GPT(eqx.Module):
    shared: nn.Shared
    blocks: tuple[Block, ...]
    norm: nn.LayerNorm

    def __init__(self, width, depth, num_heads, dropout, *, key):
        embed_key, out_key, *keys = jr.split(key, 2 + depth)
        embedding = nn.Embedding(len(CHARACTERS), width, key=embed_key)
        unembedding = nn.Linear(width, len(CHARACTERS), use_bias=False, key=out_key)
        self.shared = nn.Shared(
            (embedding, unembedding), where=lambda t: t[1].weight, get=lambda t: t[0].weight
        )
        self.blocks = tuple(Block(width, num_heads, dropout, key=key) for key in keys)
        self.norm = nn.LayerNorm(width)

    def __call__(self, tokens, *, key=None):
        embedding, unembedding = self.shared()
        keys = [None] * len(self.blocks) if key is None else jr.split(key, len(self.blocks))
        x = jax.vmap(embedding)(tokens)
        for block, key in zip(self.blocks, keys, strict=True):
            x = eqx.filter_checkpoint(block)(x, key=key)
        return jax.vmap(unembedding)(jax.vmap(self.norm)(x))


def with_small_weights(model, key):
    """Return `model` with its output projections drawn anew, as GPT-2 has them."""

    def projections(model):
        return [block.attention.attention.output_proj.weight for block in model.blocks]

    old = projections(model)
    std = 0.2 / (2 * len(old)) ** 0.5
    new = [std * jr.normal(k, w.shape) for w, k in zip(old, jr.split(key, len(old)), strict=True)]
    model = eqx.tree_at(projections, model, new)
    return eqx.tree_at(lambda m: m.shared.pytree[0].weight, model, replace_fn=lambda w: 0.3 * w)


def loss_fn(model, tokens, key):
    logits = jax.vmap(lambda t, k: model(t, key=k))(tokens[:, :-1], jr.split(key, len(tokens)))
    return optax.softmax_cross_entropy_with_integer_labels(logits, tokens[:, 1:]).mean()


def make_train_step(optim):
    @eqx.filter_jit(donate="all")
    def train_step(model, opt_state, tokens, key):
        """Take one step for the mean gradient of several small batches."""
        params = eqx.filter(model, eqx.is_inexact_array)

        def accumulate(carry, batch):
            total, grads = carry
            loss, new = eqx.filter_value_and_grad(loss_fn)(model, *batch)
            return (total + loss, eqx.apply_updates(grads, new)), None

        start = (jnp.zeros(()), jax.tree_util.tree_map(jnp.zeros_like, params))
        keys = jr.split(key, len(tokens))
        (loss, grads), _ = jax.lax.scan(accumulate, start, (tokens, keys))
        loss, grads = jax.tree_util.tree_map(lambda x: x / len(tokens), (loss, grads))
        updates, opt_state = optim.update(grads, opt_state, params)
        norm = optax.global_norm(grads)
        return eqx.apply_updates(model, updates), opt_state, loss, norm

    return train_step


@eqx.filter_jit
def next_token(model, window):
    return model(window)[-1].argmax()


def main(steps=40, width=32, depth=2):
    model_key, small_key, key = jr.split(jr.PRNGKey(0), 3)
    model = with_small_weights(GPT(width, depth, 4, 0.05, key=model_key), small_key)
    params = eqx.filter(model, eqx.is_inexact_array)
    print("parameters:", sum(x.size for x in jax.tree_util.tree_leaves(params)))
    optim = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(4e-3, weight_decay=0.01))
    opt_state = optim.init(params)
    train_step = make_train_step(optim)

    rng = np.random.default_rng(0)
    for step in range(steps):
        starts = rng.integers(0, len(TOKENS) - CONTEXT - 1, (2, 8, 1))
        key, step_key = jr.split(key)
        tokens = jnp.asarray(TOKENS[starts + np.arange(CONTEXT + 1)])
        model, opt_state, loss, norm = train_step(model, opt_state, tokens, step_key)
        if step % 3 == 0:
            print(f"step={step} loss={loss.item()!r} gradient={norm.item()!r}")

    file = io.BytesIO()
    eqx.tree_serialise_leaves(file, (model, opt_state))
    file.seek(0)
    model, _ = eqx.tree_deserialise_leaves(file, (model, opt_state))
    model = nn.inference_mode(model)
    text = "zero one two three four "
    for _ in range(12):
        window = jnp.array([CHARACTERS.index(c) for c in text[-CONTEXT:]])
        text += CHARACTERS[next_token(model, window).item()]
    print(repr(text))
    logits = eqx.filter_jit(model)(jnp.asarray(TOKENS[:CONTEXT]))
    print(f"logits={logits.sum(0).tolist()!r}")


if __name__ == "__main__":
    main()
