"""Links between the nodes of a large tree: optimiser state, gradients, sharing, and the x-ray.

python tests/benchmarks/inspector_links.py
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

REPEATS = 5
LAYERS = 333_333


def main() -> None:
    import numpy as np
    import optax

    from eqxviz.analysis import model_tree, named_trees
    from eqxviz.analysis.optimiser import state_links
    from eqxviz.records import GradientSeen, NodeFlag
    from eqxviz.session.gradients import gradient_marks
    from eqxviz.session.sharing.sharing_map import SharingMap
    from eqxviz.session.xray import COLUMNS, XRay

    def parameters() -> Any:
        return [np.ones(2, np.float32) for _ in range(LAYERS)]

    params = parameters()
    state = optax.ScaleByAdamState(np.zeros((), np.int32), parameters(), parameters())
    trained = named_trees({"params": params, "opt_state": (state, optax.EmptyState())})
    tree = model_tree(trained, "", 1)
    argument = model_tree(params, "params", 0)
    is_inexact = (argument.flags & np.uint32(NodeFlag.INEXACT)) != 0
    seen = GradientSeen(0, "loss_fn", "train.py", 31, argument, is_inexact)
    shared = [np.ones(2, np.float32) for _ in range(100_000)]
    tied = model_tree([shared, list(shared), parameters(), parameters()], "model", 1)

    def map_sharing() -> None:
        sharing = SharingMap(tied)
        sharing.order("saved")
        sharing.headline()

    def columns() -> None:
        xray = XRay(tree, marks)
        for column in COLUMNS:
            xray.keys(column)

    marks = gradient_marks(tree, [seen])
    print(f"{len(tree):,} nodes, median of {REPEATS}")
    report(f"optimiser state of {LAYERS:,} parameters", lambda: state_links(tree))
    report("gradients found in the tree", lambda: gradient_marks(tree, [seen]))
    report(f"sharing map, {len(SharingMap(tied)):,} groups", map_sharing)
    report("all columns of the x-ray", columns)
    gradient_calls()


def gradient_calls() -> None:
    """Time what seeing a gradient adds to a call of it outside of jit."""
    import jax
    import jax.numpy as jnp

    from eqxviz import capturing

    def loss(params: Any) -> Any:
        return jnp.sum(params["w"] * params["b"])

    params = {"w": jnp.ones(3), "b": jnp.ones(3)}
    bare = jax.grad(loss)
    capturing.install(lambda records: None, capturing.Gate(), str(Path(__file__).parent))
    observed = jax.grad(loss)
    observed(params)
    report("jax.grad outside of jit", lambda: bare(params))
    report("  the same, observed", lambda: observed(params))
    capturing.uninstall()


def report(name: str, work: Callable[[], Any]) -> None:
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    print(f"{name:48s} {sorted(times)[REPEATS // 2] * 1e3:8.2f} ms")


if __name__ == "__main__":
    main()
