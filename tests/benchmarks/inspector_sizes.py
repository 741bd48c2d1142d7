"""How fast large models are shown: from the model in the worker to rows, and to the whole tree.

    python -m tests.benchmarks.inspector_sizes [LEAVES]

Prints times and sizes, by the side of Treescope's and `tree_pformat`'s for 13,000 leaves; nothing
is asserted. LEAVES is 1,000,000 without one. Install treescope to compare with it.
"""

import importlib.util
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import psutil
from PySide6.QtWidgets import QApplication

from eqxviz.engine.engine import Engine
from eqxviz.gui.bridge import Bridge
from eqxviz.gui.theme import Theme
from eqxviz.gui.tree import TreeView
from eqxviz.gui.window.thrift import Thrift
from eqxviz.records import ModelTree
from eqxviz.session.session import Session
from tests.benchmarks import outline_and_search

PER_LAYER = 9
_IDLE_SECONDS = 3.0
MODEL = """
import time
from pathlib import Path
import jax, jax.numpy as jnp
import {library} as eqx

class Layer(eqx.Module):
    a: jax.Array
    b: jax.Array
    c: jax.Array
    d: jax.Array
    e: jax.Array
    f: jax.Array
    g: jax.Array
    h: jax.Array
    i: jax.Array
    activation: object
    size: int = eqx.field(static=True)

@jax.jit
def arrays():
    return [jnp.full((3, 2), i) if i % 2 else jnp.full(4, i, jnp.bfloat16) for i in range(900)]

def make_model():
    made, layers = [], []
    while len(layers) < {n_layers}:
        made = made or arrays()
        layers.append(Layer(*made[:9], jax.nn.relu, 3))
        del made[:9]
    Path({clock!r}).write_text(str(time.monotonic()))
    return layers
"""


class Watched:
    """A session with a real worker and the tree view, and when what happened to its model."""

    def __init__(self, folder: Path, library: str, n_layers: int) -> None:
        theme, bridge = Theme("light"), Bridge()
        self.session = Session(bridge.post, Engine(bridge.post, folder))
        self.session.start()
        self._view = TreeView(self.session, theme)
        self._view.resize(1600, 1000)
        self._view.show()
        self._thrift = Thrift(self.session, self._view)
        self._clock = folder / "clock"
        self._file = folder / "model.py"
        for n in (1, n_layers):  # a small one first, for all code to be there
            clock = str(self._clock)
            self._file.write_text(MODEL.format(library=library, n_layers=n, clock=clock))
            if n == 1:
                self.open()
                self.session.ask_value(2)
                self.run_until(lambda: self.session.value is not None)

    def open(self) -> float:
        """Open the model; return the seconds from the model in the worker to its first rows."""
        self.session.open(str(self._file))
        self.run_until(lambda: self.session.model_state != "working")
        if self.session.model_problem is not None:
            raise RuntimeError(self.session.model_problem.why)
        self._view.repaint()
        return self.seconds()

    def seconds(self) -> float:
        """Return the seconds since the model was there, in the worker."""
        return time.monotonic() - float(self._clock.read_text())

    def run_until(self, is_true: Callable[[], object]) -> float:
        """Run what is posted until something is true; return the longest time without a break."""
        longest = 0.0
        while not is_true():
            start = time.perf_counter()
            QApplication.processEvents()
            longest = max(longest, time.perf_counter() - start)
            time.sleep(0.001)
        return longest

    @property
    def tree(self) -> ModelTree:
        """The tree as far as it has come."""
        assert self.session.model is not None
        return self.session.model.tree


def small(library: str) -> None:
    """Print what 1,300 Modules take, and what others take for the same."""
    with tempfile.TemporaryDirectory() as folder:
        watched = Watched(Path(folder), library, 1300)
        times = sorted(watched.open() for _ in range(5))
        watched.run_until(lambda: not watched.session.is_growing)
        print(f"{library}, 1,300 Modules, {int(watched.tree.n_leaves[0]):,} leaves")
        print(f"  model in the worker to rows: {statistics.median(times):.3f} s, {times[0]:.3f} to "
              f"{times[-1]:.3f}")  # fmt: skip
        watched.session.close(leave_run=False)
        others(library, Path(folder), statistics.median(times))


def others(library: str, folder: Path, ours: float) -> None:
    """Print what Treescope and `tree_pformat` take."""
    import runpy

    import equinox

    model = runpy.run_path(str(folder / "model.py"))["make_model"]()
    start = time.perf_counter()
    equinox.tree_pformat(model)
    seconds = time.perf_counter() - start
    print(f"  eqx.tree_pformat: {seconds:.2f} s, {seconds / ours:.0f} times as long")
    if importlib.util.find_spec("treescope") is None:
        print("  treescope is not installed")
        return
    import treescope

    start = time.perf_counter()
    treescope.render_to_html(model)
    seconds = time.perf_counter() - start
    print(f"  Treescope's render: {seconds:.2f} s, {seconds / ours:.0f} times as long")


def large(library: str, n_leaves: int) -> None:
    """Print what a model of so many leaves takes until its tree is complete."""
    with tempfile.TemporaryDirectory() as folder:
        watched = Watched(Path(folder), library, n_leaves // (PER_LAYER + 1))
        session = watched.session
        before, spent = psutil.Process().memory_info().rss, time.process_time()
        first = watched.open()
        n_first, asked, waited = len(watched.tree), 0.0, []

        def on_value() -> None:
            nonlocal asked
            if asked and session.value is not None:
                waited.append(time.monotonic() - asked)
                asked = 0.0

        def on_growth() -> None:
            nonlocal asked
            if session.is_growing and not asked:
                asked = time.monotonic()
                session.ask_value(len(watched.tree) - 1)

        session.value_changed.connect(on_value, check_nargs=False)
        session.tree_grew.connect(on_growth, check_nargs=False)
        longest = watched.run_until(lambda: not session.is_growing)
        complete, spent = watched.seconds(), time.process_time() - spent
        tree = watched.tree
        count = int(tree.n_leaves[0])
        n_bytes = sum(a.nbytes for v in vars(tree).values() for a in _arrays(v))
        rss = psutil.Process().memory_info().rss - before
        print(f"{library}, {count:,} leaves, {len(tree):,} nodes")
        print(f"  first {n_first:,} rows {first:.3f} s, complete {complete:.2f} s, of which this "
              f"process worked {spent:.2f} s")  # fmt: skip
        print(f"  longest that the window did not answer meanwhile {longest * 1e3:.1f} ms")
        if waited:
            print(f"  a value asked meanwhile came within {max(waited) * 1e3:.0f} ms "
                  f"({len(waited)} asked)")  # fmt: skip
        print(f"  columns {n_bytes / count:.0f} bytes a leaf, process {rss / count:.0f} on arrival")
        watched.run_until(lambda: watched.seconds() > complete + _IDLE_SECONDS)
        rss = psutil.Process().memory_info().rss - before
        print(f"  process {rss / count:.0f} once idle, when what was freed has been given back")
        session.close(leave_run=False)


def _arrays(value: object) -> list[np.ndarray]:
    if isinstance(value, np.ndarray):
        return [value] if any(value.strides) else []  # one number that is seen n times
    return [a for v in vars(value).values() for a in _arrays(v)] if hasattr(value, "check") else []


def main() -> None:
    n_leaves = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    app = QApplication([])
    Theme("light").apply(app)
    for library in ("eqxcore", "equinox"):
        large(library, n_leaves)
    for library in ("eqxcore", "equinox"):
        small(library)
    outline_and_search.main()


if __name__ == "__main__":
    main()
