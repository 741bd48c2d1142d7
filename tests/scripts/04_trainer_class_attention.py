#!/usr/bin/env python
"""Character level language model, one attention block, class style trainer."""

import dataclasses
import functools
import logging
import math
import time
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s: %(message)s")
logging.getLogger("jax").setLevel(logging.WARNING)  # too chatty
logger = logging.getLogger("charlm")

Params = dict[str, Any]

CORPUS = (
    "the cat sat on the mat. the dog ran to the cat. the cat ran up the tree. "
    "a bird sang in the tree and the dog sat under it. the mat was red and the tree was green. "
) * 6


@dataclasses.dataclass(frozen=True)
class Config:
    context: int = 24
    d_model: int = 32
    n_heads: int = 4
    d_ff: int = 64
    batch_size: int = 16
    lr: float = 6e-3
    steps: int = 120
    log_interval: int = 20
    seed: int = 1337


@jax.tree_util.register_dataclass
@dataclasses.dataclass
class StepMetrics:
    loss: jax.Array
    grad_norm: jax.Array
    perplexity: jax.Array


def layer_norm(x, p):
    mu = x.mean(-1, keepdims=True)
    var = x.var(-1, keepdims=True)
    return (x - mu) * jax.lax.rsqrt(var + 1e-5) * p["g"] + p["b"]


class Trainer:
    def __init__(self, cfg: Config, text: str):
        self.cfg = cfg
        self.chars = sorted(set(text))
        self.stoi = {c: i for i, c in enumerate(self.chars)}
        self.data = np.array([self.stoi[c] for c in text], dtype=np.int32)
        self.rng = np.random.RandomState(cfg.seed)
        self.tx = optax.adam(optax.cosine_decay_schedule(cfg.lr, cfg.steps))
        self.params = self._init_params(jax.random.PRNGKey(cfg.seed))
        self.opt_state = self.tx.init(self.params)
        # compile the bound method once here
        self.step = jax.jit(self._step)

    # ------------------------------------------------------------- model
    def _init_params(self, key) -> Params:
        c, v = self.cfg, len(self.chars)
        ks = jax.random.split(key, 7)

        def dense(k, i, o):
            return jax.random.normal(k, (i, o)) / math.sqrt(i)

        ln = lambda: {"g": jnp.ones(c.d_model), "b": jnp.zeros(c.d_model)}  # noqa: E731
        return {
            "tok": jax.random.normal(ks[0], (v, c.d_model)) * 0.1,
            "pos": jax.random.normal(ks[1], (c.context, c.d_model)) * 0.1,
            "attn": {
                "qkv": dense(ks[2], c.d_model, 3 * c.d_model),
                "proj": dense(ks[3], c.d_model, c.d_model),
                "ln": ln(),
            },
            "mlp": {
                "up": dense(ks[4], c.d_model, c.d_ff),
                "down": dense(ks[5], c.d_ff, c.d_model),
                "ln": ln(),
            },
            "ln_f": ln(),
            "unembed": dense(ks[6], c.d_model, v) * 0.5,
        }

    def _apply(self, p: Params, tokens):
        c = self.cfg
        T = tokens.shape[-1]
        x = p["tok"][tokens] + p["pos"][:T]

        h = layer_norm(x, p["attn"]["ln"])
        q, k, v = jnp.split(h @ p["attn"]["qkv"], 3, axis=-1)
        q, k, v = (t.reshape(*t.shape[:-1], c.n_heads, -1) for t in (q, k, v))
        att = jnp.einsum("bqhd,bkhd->bhqk", q, k) / math.sqrt(c.d_model // c.n_heads)
        mask = jnp.tril(jnp.ones((T, T), dtype=bool))
        att = jax.nn.softmax(jnp.where(mask, att, -1e9), axis=-1)
        o = jnp.einsum("bhqk,bkhd->bqhd", att, v).reshape(x.shape)
        x = x + o @ p["attn"]["proj"]

        h = layer_norm(x, p["mlp"]["ln"])
        x = x + jax.nn.gelu(h @ p["mlp"]["up"]) @ p["mlp"]["down"]
        return layer_norm(x, p["ln_f"]) @ p["unembed"]

    def _loss(self, params, tokens, targets):
        logits = self._apply(params, tokens)
        return optax.softmax_cross_entropy_with_integer_labels(logits, targets).mean()

    # ------------------------------------------------------------- training
    def _step(
        self, params, opt_state, tokens, targets
    ) -> tuple[Params, optax.OptState, StepMetrics]:
        loss, grads = jax.value_and_grad(self._loss)(params, tokens, targets)
        updates, opt_state = self.tx.update(grads, opt_state, params)
        params = optax.apply_updates(params, updates)
        return (
            params,
            opt_state,
            StepMetrics(loss=loss, grad_norm=optax.tree.norm(grads), perplexity=jnp.exp(loss)),
        )

    @functools.partial(jax.jit, static_argnums=(0,))
    def next_char_logits(self, params, tokens):
        return self._apply(params, tokens[None])[0, -1]

    def batches(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        c = self.cfg
        for _ in range(c.steps):
            ix = self.rng.randint(0, len(self.data) - c.context - 1, size=c.batch_size)
            yield (
                np.stack([self.data[i : i + c.context] for i in ix]),
                np.stack([self.data[i + 1 : i + c.context + 1] for i in ix]),
            )

    def fit(self):
        t0 = time.perf_counter()
        for it, (tokens, targets) in enumerate(self.batches(), start=1):
            self.params, self.opt_state, metrics = self.step(
                self.params, self.opt_state, tokens, targets
            )
            if it == 1 or it % self.cfg.log_interval == 0:
                logger.info(
                    "iter %d/%d loss=%.4f ppl=%.2f gnorm=%.3f",
                    it,
                    self.cfg.steps,
                    metrics.loss,
                    metrics.perplexity,
                    metrics.grad_norm,
                )
        logger.info("training done in %.1fs", time.perf_counter() - t0)

    def sample(self, prompt: str, n: int) -> str:
        out = [self.stoi[c] for c in prompt]
        for _ in range(n):
            window = jnp.array(out[-self.cfg.context :], dtype=jnp.int32)
            out.append(int(jnp.argmax(self.next_char_logits(self.params, window))))
        return "".join(self.chars[i] for i in out)


if __name__ == "__main__":
    cfg = Config()
    trainer = Trainer(cfg, CORPUS)
    logger.info("vocab %d, %d tokens", len(trainer.chars), len(trainer.data))
    trainer.fit()
    logger.info("sample: %r", trainer.sample("the cat ran up the tree.", 30))
