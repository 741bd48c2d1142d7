"""Times of building eqxcore's layers beside those of building Equinox's.

    python tests/benchmarks/eqxcore_layers.py

Both are built in turns and in shuffled order. The figures are minima over many short rounds of
layers whose shapes have been compiled before. Nothing fails here.
"""

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import equinox
import jax
import jax.tree_util as jtu
from jax import lax

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import eqxcore  # noqa: E402 - found by the line above

KEY = jax.random.key(0)
ROUNDS, CALLS = 25, 20
LAYERS: dict[str, Callable[[Any], Any]] = {
    "Linear": lambda nn: nn.Linear(8, 8, key=KEY),
    "MLP": lambda nn: nn.MLP(2, 3, 4, 2, key=KEY),
    "Conv2d": lambda nn: nn.Conv2d(3, 8, 3, key=KEY),
    "ConvTranspose2d": lambda nn: nn.ConvTranspose2d(3, 8, 3, key=KEY),
    "Pool": lambda nn: nn.Pool(0.0, lax.add, 2, 2),
    "AvgPool1d": lambda nn: nn.AvgPool1d(2),
    "MaxPool2d": lambda nn: nn.MaxPool2d(2, 2),
    "AdaptiveAvgPool2d": lambda nn: nn.AdaptiveAvgPool2d(2),
    "PReLU": lambda nn: nn.PReLU(),
    "Embedding": lambda nn: nn.Embedding(10, 8, key=KEY),
    "RotaryPositionalEmbedding": lambda nn: nn.RotaryPositionalEmbedding(8),
    "GRUCell": lambda nn: nn.GRUCell(4, 8, key=KEY),
    "LSTMCell": lambda nn: nn.LSTMCell(4, 8, key=KEY),
    "MultiheadAttention": lambda nn: nn.MultiheadAttention(2, 8, key=KEY),
    "Dropout": lambda nn: nn.Dropout(0.5),
    "Identity": lambda nn: nn.Identity(),
}


def wait(model: Any) -> None:
    """Return once all arrays of `model` are there."""
    jax.block_until_ready([leaf for leaf in jtu.tree_leaves(model) if eqxcore.is_array(leaf)])


def microseconds(build: Callable[[Any], Any]) -> dict[str, float]:
    """Return the least time that building takes with each package."""
    packages = {"eqxcore": eqxcore.nn, "equinox": equinox.nn}
    best = dict.fromkeys(packages, float("inf"))
    for nn in packages.values():
        wait(build(nn))
    for _ in range(ROUNDS):
        for name in random.sample(list(packages), len(packages)):
            start = time.perf_counter()
            for _ in range(CALLS):
                model = build(packages[name])
            wait(model)
            best[name] = min(best[name], (time.perf_counter() - start) / CALLS * 1e6)
    return best


if __name__ == "__main__":
    for name, build in LAYERS.items():
        times = microseconds(build)
        ours, theirs = times["eqxcore"], times["equinox"]
        print(
            f"{name:<26} us: eqxcore {ours:8.1f}  equinox {theirs:8.1f}"
            f"  {ours / theirs:.2f} x equinox   (goal: less than 1)"
        )
