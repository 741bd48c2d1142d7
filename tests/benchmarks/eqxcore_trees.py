"""Prints how long eqxcore's tree operations take beside Equinox's: `python FILE [REPEATS]`.

Both are timed in turns within one process, so that a busy machine slows both alike; each figure is
the least of all rounds. A ratio below 1 means that eqxcore is faster.
"""

import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import equinox
import jax
import jax.numpy as jnp

import eqxcore


def make_transformer(eqx: ModuleType, key: jax.Array, depth: int = 12, width: int = 32) -> Any:
    """Return a transformer of `depth` blocks, made of the package's own layers."""

    class Block(eqx.Module):
        first_norm: Any
        attention: Any
        second_norm: Any
        mlp: Any
        dropout: Any

        def __init__(self, key: jax.Array) -> None:
            attention_key, mlp_key = jax.random.split(key)
            self.first_norm = eqx.nn.LayerNorm(width)
            self.attention = eqx.nn.MultiheadAttention(4, width, key=attention_key)
            self.second_norm = eqx.nn.LayerNorm(width)
            self.mlp = eqx.nn.MLP(width, width, 4 * width, 1, jax.nn.gelu, key=mlp_key)
            self.dropout = eqx.nn.Dropout(0.1)

    class Transformer(eqx.Module):
        embedding: Any
        blocks: tuple[Any, ...]
        norm: Any
        head: Any

        def __init__(self) -> None:
            embedding_key, head_key, *keys = jax.random.split(key, depth + 2)
            self.embedding = eqx.nn.Embedding(64, width, key=embedding_key)
            self.blocks = tuple(Block(each) for each in keys)
            self.norm = eqx.nn.LayerNorm(width)
            self.head = eqx.nn.Linear(width, 64, key=head_key)

    return Transformer


def operations(eqx: ModuleType) -> dict[str, Callable[[], Any]]:
    """Return what to time, by name, for one of the two packages."""
    key = jax.random.key(0)
    mlp = eqx.nn.MLP(2, 3, 64, 3, key=key)
    deep = eqx.nn.MLP(8, 8, 8, 100, key=key)
    dropouts = eqx.nn.Sequential([eqx.nn.Dropout() for _ in range(20)])
    arrays, rest = eqx.partition(mlp, eqx.is_array)
    deep_arrays, deep_rest = eqx.partition(deep, eqx.is_array)
    new = jnp.zeros((64, 64))
    linear = eqx.nn.Linear(64, 64, key=key)
    nothing = jax.tree_util.tree_map(lambda _: None, arrays)
    spec = jax.tree_util.tree_map(lambda _: True, mlp)

    def split_and_join(model: Any) -> Any:
        return eqx.combine(*eqx.partition(model, eqx.is_array))

    transformer = make_transformer(eqx, key)
    whole = transformer()

    return {
        "build a transformer of 12 blocks": transformer,
        "tree_at, transformer": lambda: eqx.tree_at(
            lambda m: [block.mlp.layers[0].weight for block in m.blocks],
            whole,
            replace_fn=lambda w: w,
        ),
        "partition + combine, transformer": lambda: split_and_join(whole),
        "build MLP of 3 hidden layers": lambda: eqx.nn.MLP(2, 3, 64, 3, key=key),
        "build MLP of 100 hidden layers": lambda: eqx.nn.MLP(8, 8, 8, 100, key=key),
        "tree_at, one leaf": lambda: eqx.tree_at(lambda m: m.layers[1].weight, mlp, new),
        "tree_at, one node": lambda: eqx.tree_at(lambda m: m.layers[1], mlp, linear),
        "tree_at, each weight": lambda: eqx.tree_at(
            lambda m: [layer.weight for layer in m.layers], mlp, replace_fn=lambda w: w
        ),
        "tree_at, one leaf of 100 layers": lambda: eqx.tree_at(
            lambda m: m.layers[50].weight, deep, new
        ),
        "partition + combine": lambda: split_and_join(mlp),
        "partition + combine, 100 layers": lambda: split_and_join(deep),
        "combine alone, 100 layers": lambda: eqx.combine(deep_arrays, deep_rest),
        "filter by a PyTree": lambda: eqx.filter(mlp, spec),
        "apply_updates": lambda: eqx.apply_updates(arrays, arrays),
        "apply_updates, all None": lambda: eqx.apply_updates(mlp, nothing),
        "tree_equal": lambda: eqx.tree_equal(rest, rest),
        "tree_check, 100 layers": lambda: eqx.tree_check(deep),
        "tree_inference, 20 layers": lambda: eqx.tree_inference(dropouts),
        "tree_pformat": lambda: eqx.tree_pformat(mlp),
    }


def main(repeats: int) -> None:
    """Time every operation of both packages and print a table."""
    ours, theirs = operations(eqxcore), operations(equinox)
    print(f"{'':<34}{'eqxcore':>10}{'Equinox':>10}{'ratio':>8}")
    for name in ours:
        best = [float("inf"), float("inf")]
        for _ in range(repeats):
            for which, operation in enumerate((ours[name], theirs[name])):
                start = time.perf_counter()
                for _ in range(5):
                    operation()
                best[which] = min(best[which], (time.perf_counter() - start) / 5)
        print(
            f"{name:<34}{best[0] * 1e6:>7.0f} us{best[1] * 1e6:>7.0f} us{best[0] / best[1]:>8.2f}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
