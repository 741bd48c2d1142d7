"""Prints our count of FLOPs beside XLA's, for programs without loops.

python tests/benchmarks/graph_costs.py

XLA's count is that of `jax.jit(fn).lower(...)`: the program as JAX hands it over, nothing fused or
simplified yet, and without the equations whose results nobody reads.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "analysis"))

from costed_programs import MODELS, costed, our_graph, total, xla_flops


def main() -> None:
    print(f"{'program':34} {'ours':>14} {'XLA, lowered':>14} {'difference':>11} {'bytes':>14}")
    for model in MODELS:
        for direction in ("forward", "gradient"):
            fn, args = costed(model, direction)
            graph, theirs = our_graph(fn, args), xla_flops(fn, args)
            ours, n_bytes = total(graph, graph.equation_flops), total(graph, graph.equation_bytes)
            print(
                f"{model + ', ' + direction:34} {ours:14,.0f} {theirs:14,.0f} "
                f"{100 * (ours / theirs - 1):+10.3f}% {n_bytes:14,.0f}"
            )


if __name__ == "__main__":
    main()
