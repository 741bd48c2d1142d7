"""Sessions that hold real records, for views to show. No process runs behind them."""

from dataclasses import replace
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

import eqxcore as eqx
from eqxviz.analysis.tree import model_tree
from eqxviz.records import (
    CompileEvent,
    FunctionSeen,
    FunctionTotals,
    JitFlavour,
    MetricBatch,
    ModelTree,
    OpenedModel,
    RunState,
    Series,
    Target,
)
from eqxviz.session.run_view import RunView
from eqxviz.session.session import Session
from eqxviz.session.sources import ModelSource

V = TypeVar("V", bound=QWidget)


class Model(eqx.Module):
    """Every kind of node: Modules, containers, arrays, static leaves, None, sharing."""

    body: eqx.nn.MLP
    head: eqx.nn.Linear
    tied: eqx.nn.Linear
    settings: dict
    counts: jax.Array
    name: str = eqx.field(static=True)

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.body(x)


def put_on_screen(qtbot, view: V, width: int, height: int) -> V:
    """Show `view` in a size, until the test ends."""
    qtbot.addWidget(view)
    view.resize(width, height)
    view.show()
    return view


def make_tree(width: int = 8, revision: int = 1) -> ModelTree:
    """Return the tree of a `Model`, called "model"."""
    head = eqx.nn.Linear(3, 3, key=jax.random.key(1))
    body = eqx.nn.MLP(2, 3, width, 2, key=jax.random.key(0))
    settings = {"rate": 0.5, "nothing": None}
    model = Model(body, head, head, settings, jnp.arange(3), "a name")
    return model_tree(model, "model", revision)


def node_at(tree: ModelTree, path: str) -> int:
    """Return the node at `path`."""
    return next(n for n in range(len(tree)) if tree.path(n) == path)


def show_model(session: Session, tree: ModelTree) -> None:
    """Put `tree` into `session` as if a worker had answered with it."""
    target = Target("model", "Model", 3)
    session.model = OpenedModel("/x/model.py", target, (target,), tree, "f32[2]")
    session.source = ModelSource.of("/x/model.py")
    session.model_state, session.model_problem = "filled", None
    session.model_changed.emit()


def show_run(session: Session, n_points: int = 300) -> RunView:
    """Put a run with two functions, two compilations and two curves into `session`."""
    run = RunView("/x/train.py", (), "", None)
    run.add(FunctionSeen(0, "make_step", "/x/train.py", 12, JitFlavour.EQXCORE, True))
    run.add(FunctionSeen(1, "_normal", "/lib/random.py", 30, JitFlavour.JAX, False))
    run.add(
        FunctionTotals(
            np.array([0, 1], np.int32),
            np.array([n_points, 1]),
            np.array([3.0, 0.1]),
            np.array([1, 1]),
            np.array([0.02, 0.01]),
            np.array([0.008, np.nan]),
            np.array([0.03, np.nan]),
        )
    )
    run.add(CompileEvent(0, 0, 1, 0, 1.0, 0.12, 0.05, 0.6, 0.0, "/x/train.py", 50))
    run.add(CompileEvent(1, 1, 1, 0, 2.0, 0.03, 0.02, 0.2, 0.0, "/x/train.py", 52))
    run.status = replace(run.status, state=RunState.RUNNING, step=n_points, elapsed_seconds=6.0)
    session.run = run
    session.run_changed.emit()
    add_points(session, 0, "loss", np.exp(-np.arange(n_points) / 100))
    add_points(session, 1, 'metrics["accuracy"]', np.linspace(0, 1, n_points))
    return run


def add_points(
    session: Session, series: int, name: str, values: np.ndarray, *, is_state: bool = False
) -> None:
    """Append `values`, a step each, to a curve, as if a worker had sent them."""
    run = session.run
    assert run is not None
    n = len(values)
    first = run.series[series].n if series in run.series else 0
    steps = np.arange(first, first + n)
    batch = MetricBatch(
        first_sequence=run.next_sequence,
        new_series=() if first else (Series(series, name, 0, "/x/train.py", 50, is_state),),
        series=np.full(n, series, np.int32),
        step=steps,
        seconds=steps / 100.0,
        value=np.asarray(values, np.float64),
    )
    run.add(batch)
    session.metrics_arrived.emit(batch)


def names_by_tab(view: QWidget) -> list[str]:
    """Return the names of what Tab reaches in `view`, shown as a window, until it is around."""
    view.activateWindow()
    view.setFocus()
    names: list[str] = []
    while (focused := view.window().focusWidget()) is not None:
        name = focused.accessibleName() or getattr(focused, "text", str)()
        if name in names:
            return names
        names.append(name)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    return names
