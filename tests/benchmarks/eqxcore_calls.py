"""Times of eqxcore beside those of Equinox, and of `jax.jit` on a flat list of the same leaves.

    python tests/benchmarks/eqxcore_calls.py

Everything runs in one process, in turns and in shuffled order, so that whatever else the machine
does disturbs all alike. The figures are minima over many short rounds. Nothing fails here.
"""

import random
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import equinox
import jax
import jax.numpy as jnp
import jax.random as jr
import jax.tree_util as jtu

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import eqxcore  # noqa: E402 - found by the line above

PACKAGES = {"eqxcore": eqxcore, "equinox": equinox}
WIDTH = 8


def make_models(eqx: Any) -> SimpleNamespace:
    """Return classes of models, the same for either package."""

    class Linear(eqx.Module):
        weight: Any
        bias: Any
        in_features: int = eqx.field(static=True)
        out_features: int = eqx.field(static=True)
        use_bias: bool = eqx.field(static=True)

        def __init__(self, width: int, key: Any) -> None:
            self.weight = jr.normal(key, (width, width)) / width
            self.bias = jnp.zeros(width)
            self.in_features = width
            self.out_features = width
            self.use_bias = True

        def __call__(self, x: Any) -> Any:
            return self.weight @ x + self.bias

    class Net(eqx.Module):
        layers: tuple[Any, ...]
        activation: Callable[[Any], Any]
        depth: int = eqx.field(static=True)

        def __init__(self, depth: int, key: Any) -> None:
            self.layers = tuple(Linear(WIDTH, k) for k in jr.split(key, depth))
            self.activation = jax.nn.relu
            self.depth = depth

        def __call__(self, x: Any) -> Any:
            for layer in self.layers:
                x = self.activation(layer(x))
            return x

    return SimpleNamespace(Linear=Linear, Net=Net)


MODELS = {name: make_models(eqx) for name, eqx in PACKAGES.items()}


def measure(runs: dict[str, Callable[[], Any]], calls: int, rounds: int) -> dict[str, float]:
    """Return the least time of a call of each function, in microseconds."""
    best = dict.fromkeys(runs, float("inf"))
    names = list(runs)
    for run in runs.values():
        jax.block_until_ready(run())
    for _ in range(rounds):
        random.shuffle(names)
        for name in names:
            run = runs[name]
            start = time.perf_counter()
            for _ in range(calls - 1):
                run()
            jax.block_until_ready(run())
            best[name] = min(best[name], (time.perf_counter() - start) / calls * 1e6)
    return best


def report(title: str, times: dict[str, float], goals: str) -> None:
    """Print the times, and eqxcore's as a multiple of each of the others."""
    figures = "  ".join(f"{name} {value:.2f}" for name, value in times.items())
    ratios = "  ".join(
        f"{times['eqxcore'] / value:.2f} x {name}"
        for name, value in times.items()
        if name != "eqxcore"
    )
    print(f"{title:<34} us: {figures}\n{'':<34}     {ratios}   (goal: {goals})")


def inference(depth: int) -> None:
    """Time a jitted call of a model."""
    x = jnp.ones(WIDTH)
    runs: dict[str, Callable[[], Any]] = {}
    for name, eqx in PACKAGES.items():
        model = MODELS[name].Net(depth, jr.key(0))
        call = eqx.filter_jit(lambda m, x: m(x))
        runs[name] = lambda call=call, model=model: call(model, x)

    leaves = jtu.tree_leaves(
        eqxcore.filter(MODELS["eqxcore"].Net(depth, jr.key(0)), eqxcore.is_array)
    )

    @jax.jit
    def flat(leaves: list[Any], x: Any) -> Any:
        for weight, bias in zip(leaves[::2], leaves[1::2], strict=True):
            x = jax.nn.relu(weight @ x + bias)
        return x

    runs["floor"] = lambda: flat(leaves, x)
    goal = "1.5 x floor, 1/3 of equinox" if depth < 10 else "1.5 x floor, 1/2 of equinox"
    calls = 200 if depth < 10 else 20
    report(f"call, {depth} layers", measure(runs, calls, 60), goal)


def train_step(depth: int) -> None:
    """Time a jitted step of gradient descent, each fed with the model the last one returned."""
    x = jnp.ones(WIDTH)
    runs: dict[str, Callable[[], Any]] = {}
    for name, eqx in PACKAGES.items():

        @eqx.filter_jit
        def step(model: Any, x: Any, eqx: Any = eqx) -> Any:
            grads = eqx.filter_grad(lambda m: jnp.sum(m(x) ** 2))(model)
            return eqx.apply_updates(model, jtu.tree_map(lambda g: -1e-3 * g, grads))

        state = [MODELS[name].Net(depth, jr.key(0))]

        def run(step: Any = step, state: list[Any] = state) -> Any:
            state[0] = step(state[0], x)
            return state[0].layers[-1].bias

        runs[name] = run

    def loss(leaves: list[Any], x: Any) -> Any:
        for weight, bias in zip(leaves[::2], leaves[1::2], strict=True):
            x = jax.nn.relu(weight @ x + bias)
        return jnp.sum(x**2)

    @jax.jit
    def flat(leaves: list[Any], x: Any) -> Any:
        return [p - 1e-3 * g for p, g in zip(leaves, jax.grad(loss)(leaves, x), strict=True)]

    flat_state = [
        jtu.tree_leaves(eqxcore.filter(MODELS["eqxcore"].Net(depth, jr.key(0)), eqxcore.is_array))
    ]

    def floor() -> Any:
        flat_state[0] = flat(flat_state[0], x)
        return flat_state[0][-1]

    runs["floor"] = floor
    goal = "1.5 x floor, 1/3 of equinox" if depth < 10 else "1.5 x floor, 1/2 of equinox"
    calls = 100 if depth < 10 else 10
    report(f"train step, {depth} layers", measure(runs, calls, 60), goal)


def nodes() -> None:
    """Time taking trees apart and putting them together, per node."""
    trees = {name: [MODELS[name].Linear(WIDTH, jr.key(0)) for _ in range(100)] for name in PACKAGES}
    flats = {name: jtu.tree_flatten(tree) for name, tree in trees.items()}
    # What comes out of a transformation has been put together from leaves.
    trees = {name: treedef.unflatten(leaves) for name, (leaves, treedef) in flats.items()}
    for title, goal, run in (
        ("flatten", "1/3", lambda name: jtu.tree_flatten(trees[name])),
        ("unflatten", "1/2", lambda name: flats[name][1].unflatten(flats[name][0])),
        ("tree_map", "1/2", lambda name: jtu.tree_map(lambda x: x, trees[name])),
        ("flatten with path", "0.8", lambda name: jtu.tree_flatten_with_path(trees[name])),
    ):
        runs = {name: lambda name=name, run=run: run(name) for name in PACKAGES}
        times = {name: t / 100 for name, t in measure(runs, 20, 60).items()}
        report(f"{title}, per node", times, f"{goal} of equinox")


def making() -> None:
    """Time the making of a module, its binding of a method, and what instances weigh."""
    classes = {}
    for name, eqx in PACKAGES.items():

        class Point(eqx.Module):
            x: Any
            y: Any
            name: str = eqx.field(static=True)

            def norm(self) -> Any:
                return self.x

        classes[name] = Point
    runs = {name: lambda cls=cls: cls(1.0, 2.0, "a") for name, cls in classes.items()}
    report("make a module", measure(runs, 200, 40), "1 x equinox")
    points = {name: run() for name, run in runs.items()}
    bind = {name: lambda p=p: p.norm for name, p in points.items()}
    report("bind a method", measure(bind, 200, 40), "1 x equinox")
    for title, count, make in (
        ("made, 10 of a class", 10, lambda cls: cls(1.0, 2.0, "a")),
        ("made, 1000 of a class", 1000, lambda cls: cls(1.0, 2.0, "a")),
        ("put together, 1000", 1000, lambda cls: jtu.tree_map(lambda v: v, cls(1.0, 2.0, "a"))),
    ):
        sizes = {}
        for name, eqx in PACKAGES.items():

            class Fresh(eqx.Module):
                x: Any
                y: Any
                name: str = eqx.field(static=True)

            kept: list[Any] = [None] * count
            tracemalloc.start()
            before = tracemalloc.get_traced_memory()[0]
            for i in range(count):
                kept[i] = make(Fresh)
            sizes[name] = (tracemalloc.get_traced_memory()[0] - before) / count
            tracemalloc.stop()
        figures = "  ".join(f"{name} {size:.0f}" for name, size in sizes.items())
        print(f"{f'bytes of an instance, {title}':<46} {figures}   (goal: less than equinox)")


def importing() -> None:
    """Time the import of each package after that of jax, in fresh processes."""
    code = "import jax, time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"
    best = dict.fromkeys(PACKAGES, float("inf"))
    for _ in range(5):
        for name in PACKAGES:
            done = subprocess.run(
                [sys.executable, "-c", code.format(name)],
                capture_output=True,
                text=True,
                cwd=ROOT,
                check=True,
            )
            best[name] = min(best[name], float(done.stdout) * 1e6)
    report("import after jax", best, "1 x equinox")


if __name__ == "__main__":
    nodes()
    making()
    for depth in (3, 100):
        inference(depth)
        train_step(depth)
    importing()
