"""A small character-level transformer, with each of its layers written out.

It learns to write English sentences, one character at a time, from text that a little grammar
generates. Singular nouns take singular verbs there ("the cat sees", "the cats see"), so that a good
sample shows more than spelling: the model has to look back to the noun.

    python transformer.py --steps 400
"""

import argparse
import math
import random

import jax
import jax.numpy as jnp
import jax.random as jr
import optax
from jax import Array

import eqxcore as eqx

CONTEXT = 64  # characters that the model sees at once
WIDTH = 96
N_HEADS = 4
N_LAYERS = 2
BATCH_SIZE = 32
OPTIMISER = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(3e-3))

NOUNS = {"cat": "cats", "dog": "dogs", "bird": "birds", "child": "children", "mouse": "mice"}
VERBS = {"sees": "see", "hears": "hear", "follows": "follow", "likes": "like", "finds": "find"}
ADJECTIVES = ("small", "old", "quick", "quiet", "hungry", "grey")
PLACES = ("in the garden", "by the river", "on the hill", "near the old house")


# --- text


def make_sentence(rng: random.Random) -> str:
    """Return one sentence of the grammar, as "the old cats follow a bird by the river."."""

    def noun_phrase() -> tuple[str, bool]:
        is_plural = rng.random() < 0.5
        singular = rng.choice(list(NOUNS))
        adjective = rng.choice(ADJECTIVES) + " " if rng.random() < 0.5 else ""
        return f"the {adjective}{NOUNS[singular] if is_plural else singular}", is_plural

    subject, is_plural = noun_phrase()
    singular_verb = rng.choice(list(VERBS))
    verb = VERBS[singular_verb] if is_plural else singular_verb
    place = " " + rng.choice(PLACES) if rng.random() < 0.5 else ""
    return f"{subject} {verb} {noun_phrase()[0]}{place}.\n"


def make_text(n_sentences: int = 3000) -> str:
    """Return the same text on every call."""
    rng = random.Random(0)
    return "".join(make_sentence(rng) for _ in range(n_sentences))


TEXT = make_text()
ALPHABET = sorted(set(TEXT))


def encode(text: str) -> list[int]:
    """Return the number of each character."""
    return [ALPHABET.index(character) for character in text]


def decode(tokens: list[int]) -> str:
    """Return the text that `encode` made these numbers of."""
    return "".join(ALPHABET[token] for token in tokens)


# --- layers: each works on one sequence; `jax.vmap` adds the batch


class LayerNorm(eqx.Module):
    """Bring each position to mean zero and variance one, then scale and shift it."""

    scale: Array
    shift: Array

    def __init__(self, width: int):
        self.scale = jnp.ones(width)
        self.shift = jnp.zeros(width)

    def __call__(self, x: Array) -> Array:
        centred = x - x.mean(axis=-1, keepdims=True)
        variance = (centred**2).mean(axis=-1, keepdims=True)
        return centred * jax.lax.rsqrt(variance + 1e-5) * self.scale + self.shift


class Attention(eqx.Module):
    """Let each position gather what it needs from itself and from those before it."""

    query_key_value: eqx.nn.Linear
    output: eqx.nn.Linear
    n_heads: int = eqx.field(static=True)  # decides shapes, so it can't be traced

    def __init__(self, width: int, n_heads: int, *, key: Array):
        if width % n_heads:
            raise ValueError(f"a width of {width} can't be split into {n_heads} equal heads")
        in_key, out_key = jr.split(key)
        self.query_key_value = eqx.nn.Linear(width, 3 * width, use_bias=False, key=in_key)
        self.output = eqx.nn.Linear(width, width, key=out_key)
        self.n_heads = n_heads

    def __call__(self, x: Array) -> Array:
        length, width = x.shape
        per_head = (length, 3, self.n_heads, width // self.n_heads)
        query, key, value = jax.vmap(self.query_key_value)(x).reshape(per_head).swapaxes(0, 1)

        scores = jnp.einsum("qhd,khd->hqk", query, key) / math.sqrt(query.shape[-1])
        is_past = jnp.tril(jnp.ones((length, length), dtype=bool))
        weights = jax.nn.softmax(jnp.where(is_past, scores, -jnp.inf))
        gathered = jnp.einsum("hqk,khd->qhd", weights, value).reshape(length, width)
        return jax.vmap(self.output)(gathered)


class FeedForward(eqx.Module):
    """Think about each position on its own."""

    expand: eqx.nn.Linear
    contract: eqx.nn.Linear

    def __init__(self, width: int, *, key: Array):
        expand_key, contract_key = jr.split(key)
        self.expand = eqx.nn.Linear(width, 4 * width, key=expand_key)
        self.contract = eqx.nn.Linear(4 * width, width, key=contract_key)

    def __call__(self, x: Array) -> Array:
        return self.contract(jax.nn.gelu(self.expand(x)))


class Block(eqx.Module):
    """Attention, then a feed-forward layer; each adds to what comes in."""

    attention_norm: LayerNorm
    attention: Attention
    feed_forward_norm: LayerNorm
    feed_forward: FeedForward

    def __init__(self, width: int, n_heads: int, *, key: Array):
        attention_key, feed_forward_key = jr.split(key)
        self.attention_norm = LayerNorm(width)
        self.attention = Attention(width, n_heads, key=attention_key)
        self.feed_forward_norm = LayerNorm(width)
        self.feed_forward = FeedForward(width, key=feed_forward_key)

    def __call__(self, x: Array) -> Array:
        x = x + self.attention(self.attention_norm(x))
        return x + jax.vmap(self.feed_forward)(self.feed_forward_norm(x))


class Transformer(eqx.Module):
    """From characters to scores for the character that follows each of them."""

    characters: Array
    positions: Array
    blocks: list[Block]
    norm: LayerNorm

    def __init__(
        self,
        n_characters: int,
        context: int,
        width: int,
        n_heads: int,
        n_layers: int,
        *,
        key: Array,
    ):
        character_key, position_key, *block_keys = jr.split(key, 2 + n_layers)
        self.characters = 0.02 * jr.normal(character_key, (n_characters, width))
        self.positions = 0.02 * jr.normal(position_key, (context, width))
        self.blocks = [Block(width, n_heads, key=block_key) for block_key in block_keys]
        self.norm = LayerNorm(width)

    def __call__(self, tokens: Array) -> Array:
        x = self.characters[tokens] + self.positions[: len(tokens)]
        for block in self.blocks:
            x = block(x)
        # The same table turns characters into vectors and vectors back into characters.
        return self.norm(x) @ self.characters.T


def make_model(key: Array | None = None) -> Transformer:
    """Return an untrained transformer."""
    key = jr.key(0) if key is None else key
    return Transformer(len(ALPHABET), CONTEXT, WIDTH, N_HEADS, N_LAYERS, key=key)


# --- training


def loss_fn(model: Transformer, tokens: Array) -> Array:
    """Return the mean cross-entropy, in nats a character; `tokens` is (batch, CONTEXT + 1)."""
    scores = jax.vmap(model)(tokens[:, :-1])
    return optax.softmax_cross_entropy_with_integer_labels(scores, tokens[:, 1:]).mean()


@eqx.filter_jit
def make_step(
    model: Transformer, opt_state: optax.OptState, tokens: Array
) -> tuple[Array, Transformer, optax.OptState]:
    """Take one step of gradient descent."""
    loss, gradients = eqx.filter_value_and_grad(loss_fn)(model, tokens)
    parameters = eqx.filter(model, eqx.is_inexact_array)
    updates, opt_state = OPTIMISER.update(gradients, opt_state, parameters)
    model = eqx.apply_updates(model, updates)
    return loss, model, opt_state


@eqx.filter_jit
def next_character(model: Transformer, window: Array, length: Array, key: Array) -> Array:
    """Draw what follows the first `length` characters of `window`."""
    # The window has always the same shape, so that this compiles once; what lies behind `length`
    # cannot be seen from before.
    return jr.categorical(key, model(window)[length - 1] / 0.8)


def sample(model: Transformer, start: str, n_characters: int, key: Array) -> str:
    """Let the model continue `start`."""
    tokens = encode(start)
    for step in range(n_characters):
        seen = tokens[-CONTEXT:]
        window = jnp.array(seen + [0] * (CONTEXT - len(seen)))
        token = next_character(model, window, jnp.array(len(seen)), jr.fold_in(key, step))
        tokens.append(int(token))
    return decode(tokens)


def train(n_steps: int, print_every: int = 20) -> Transformer:
    """Train a new transformer for `n_steps` steps and return it."""
    model_key, batch_key = jr.split(jr.key(2026))
    text = jnp.array(encode(TEXT))
    model = make_model(model_key)
    opt_state = OPTIMISER.init(eqx.filter(model, eqx.is_inexact_array))

    for step in range(n_steps):
        key = jr.fold_in(batch_key, step)
        starts = jr.randint(key, (BATCH_SIZE, 1), 0, len(text) - CONTEXT)
        tokens = text[starts + jnp.arange(CONTEXT + 1)]
        loss, model, opt_state = make_step(model, opt_state, tokens)
        if step % print_every == 0 or step == n_steps - 1:
            print(f"step {step:4d}  loss {loss:.4f}", flush=True)
    return model


def main() -> None:
    """Train, then let the model write."""
    parser = argparse.ArgumentParser(description="Train a small character-level transformer.")
    parser.add_argument("--steps", type=int, default=400, help="how many steps to train")
    model = train(parser.parse_args().steps)
    print()
    print(sample(model, "the ", n_characters=200, key=jr.key(1)))


if __name__ == "__main__":
    main()
