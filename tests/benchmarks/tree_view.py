"""Prints what a wheel notch or a key costs in the tree view, from the event until it is painted.

python tests/benchmarks/tree_view.py [number of leaves]
"""

import gc
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from eqxviz.gui.bridge import Bridge
from eqxviz.gui.theme import Theme
from eqxviz.gui.tree import TreeView
from eqxviz.gui.tree.painting import ROW_HEIGHT
from eqxviz.records import Interner, ModelTree, NodeFlag, NodeKind, OpenedModel, Shapes, Target
from eqxviz.session.columns import SHOWN_AT_FIRST
from eqxviz.session.session import Session
from eqxviz.session.sources import ModelSource

N_EVENTS = 300
GOAL_MS = 8.0
_WIDE = (*SHOWN_AT_FIRST, "shape", "dtype", "bytes", "device", "filter", "partition")
_FIELDS = 10  # leaves of a layer
_LAYERS = 100  # of a block


class Spent(NamedTuple):
    """Milliseconds: on the clock, and of the processor, which a busy machine adds less to."""

    clock: float
    processor: float


def main() -> None:
    n_leaves = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    app = QApplication([])
    theme = Theme("light")
    theme.apply(app)
    bridge = Bridge()
    session = Session(bridge.post)
    view = TreeView(session, theme)
    view.resize(1600, 1000)
    view.show()
    tree = made_tree(n_leaves)
    print(f"{n_leaves:,} leaves, {len(tree):,} nodes; view 1600 x 1000; milliseconds")
    print(f"{'':<40}   median      p95 p95 of cpu   longest")
    report("show the model", [timed(lambda: show(session, tree))])
    work_ahead(view)
    view.table.setFocus()
    for name, columns in (("3 columns", SHOWN_AT_FIRST), ("9 columns", _WIDE)):
        view.table.header.show_layout([f"{column}:0" for column in columns])
        view.table.widen_names()
        view.nodes.unfold_to_depth(3)
        measure(view, f"{name}, layers folded")
        report(f"{name}: expand everything", [timed(lambda: view.nodes.unfold_to_depth(-1))])
        measure(view, f"{name}, all rows")
    session.close(leave_run=False)


def measure(view: TreeView, state: str) -> None:
    """Print the times of `N_EVENTS` events, kind by kind, and of all of them."""
    middle = view.model.rowCount() // 2
    view.table.setCurrentIndex(view.model.index(middle, 0))
    view.table.verticalScrollBar().setValue((middle - 10) * ROW_HEIGHT)
    QApplication.processEvents()
    each = N_EVENTS // 10
    everything: list[Spent] = []
    keys = Qt.Key
    kinds: dict[str, tuple[int, Callable[[], None]]] = {
        "wheel": (4 * each, lambda: wheel(view, -120)),
        "wheel, far": (each, lambda: wheel(view, -1200)),
        "Down": (2 * each, lambda: press(view, keys.Key_Down)),
        "PgDn": (each, lambda: press(view, keys.Key_PageDown)),
    }
    gc.collect()
    gc.freeze()  # as the window does
    for kind, (n, act) in kinds.items():
        times = [timed(act) for _ in range(n)]
        everything += times
        report(f"{state}: {kind}", times)
    times = [spent for _ in range(each // 2) for spent in fold_and_unfold(view)]
    everything += times
    report(f"{state}: Left, Right", times)
    times = []
    for _ in range(each // 2):
        times += [timed(lambda: press(view, keys.Key_Asterisk)) for _ in range(2)]
        press(view, keys.Key_Down)
    everything += times
    report(f"{state}: *", times)
    report(f"{state}: all {len(everything)} events", everything, GOAL_MS)


def fold_and_unfold(view: TreeView) -> list[Spent]:
    """Fold or unfold the node of the current row twice, and go to another one."""
    outline = view.model.outline
    assert outline is not None
    while not outline.tree.n_children[view.table.current_node()]:
        press(view, Qt.Key.Key_Down)
    is_open = outline.is_expanded(view.table.current_node())
    order = (Qt.Key.Key_Left, Qt.Key.Key_Right) if is_open else (Qt.Key.Key_Right, Qt.Key.Key_Left)
    times = [timed(lambda key=key: press(view, key)) for key in order]
    press(view, Qt.Key.Key_Down)
    return times


def wheel(view: TreeView, turn: int) -> None:
    """Turn the wheel over the rows."""
    target = view.table.viewport()
    at = QPointF(200, 300)
    event = QWheelEvent(
        *(at, target.mapToGlobal(at), QPoint(), QPoint(0, turn)),
        *(Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier),
        *(Qt.ScrollPhase.NoScrollPhase, False),
    )
    QCoreApplication.sendEvent(target, event)


def press(view: TreeView, key: Qt.Key) -> None:
    """Press a key in the rows."""
    none = Qt.KeyboardModifier.NoModifier
    QCoreApplication.sendEvent(view.table, QKeyEvent(QEvent.Type.KeyPress, key, none))


def timed(act: Callable[[], None]) -> Spent:
    """Return what `act` takes, with the painting of what it changed."""
    start, start_processor = time.perf_counter(), time.process_time()
    act()
    QApplication.processEvents()
    clock, processor = time.perf_counter() - start, time.process_time() - start_processor
    return Spent(clock * 1e3, processor * 1e3)


def report(what: str, times: list[Spent], goal: float | None = None) -> None:
    """Print the median, the 95th percentile and the longest of `times`."""
    clock = [spent.clock for spent in times]
    middle, late = statistics.median(clock), float(np.percentile(clock, 95))
    busy = float(np.percentile([spent.processor for spent in times], 95))
    verdict = "" if goal is None else ("  reached" if late <= goal else f"  NOT the goal, {goal}")
    print(f"{what:<40} {middle:8.2f} {late:8.2f} {busy:10.2f} {max(clock):9.1f}{verdict}")


def show(session: Session, tree: ModelTree) -> None:
    """Put `tree` into `session` as if a worker had answered with it."""
    target = Target("model", "Model", 3)
    session.source = ModelSource.of("/x/model.py")
    session.model = OpenedModel("/x/model.py", target, (target,), tree, "")
    session.model_state = "filled"
    session.model_changed.emit()


def work_ahead(view: TreeView) -> None:
    """Wait until what is worked out in a thread has come."""
    start = time.perf_counter()
    outline = view.model.outline
    while outline is not None and outline.order is None and time.perf_counter() - start < 10:
        QApplication.processEvents()
        time.sleep(0.005)
    print(f"{'order of all nodes, in a thread':<40} {(time.perf_counter() - start) * 1e3:8.1f}")


def made_tree(n_leaves: int) -> ModelTree:
    """Return a model of blocks of 100 layers of 10 leaves: arrays, a function and static fields."""
    n_blocks = max(1, n_leaves // _FIELDS // _LAYERS)
    n_layers = n_blocks * _LAYERS
    first, parent, first_child, children = _levels((1, n_blocks, _LAYERS, _FIELDS))
    n = len(parent)
    text = Interner()
    text("")  # the key of the root
    key = np.zeros(n, np.int32)
    key[1] = text(".blocks")
    key[first[2] : first[3]] = [text(f"[{i}]") for i in range(n_blocks)]
    key[first[3] : first[4]] = np.tile([text(f".layer_{i}") for i in range(_LAYERS)], n_blocks)
    names = (".weight", ".bias", ".scale", ".shift", ".mean", ".var", ".rate", ".f", ".size", ".no")
    key[first[4] :] = np.tile([text(name) for name in names], n_layers)
    kind = np.full(n, NodeKind.MODULE, np.uint8)
    kind[1] = NodeKind.CONTAINER
    of_leaf = [NodeKind.ARRAY] * 6 + [NodeKind.STATIC_LEAF] * 2
    of_leaf += [NodeKind.STATIC_FIELD, NodeKind.NONE]
    kind[first[4] :] = np.tile(np.array(of_leaf, np.uint8), n_layers)
    is_array = kind == NodeKind.ARRAY
    shapes = [(64 + i, 32 + i % 7) for i in range(200)]
    n_descriptions = len(shapes) + 3
    leaf = np.full(n, -1, np.int32)
    leaf[is_array] = np.arange(int(is_array.sum())) % len(shapes)
    for at, of in enumerate((NodeKind.STATIC_LEAF, NodeKind.STATIC_FIELD, NodeKind.NONE)):
        leaf[kind == of] = len(shapes) + at
    params = np.zeros(n, np.int64)
    params[is_array] = np.array([a * b for a, b in shapes])[leaf[is_array]]
    leaves = (kind != NodeKind.STATIC_FIELD).astype(np.int64) * (children == 0)
    for column in (params, leaves):
        _sum_up(column, first, first_child)
    none = np.full(n, -1, np.int32)
    described = [f"f32[{a},{b}]" for a, b in shapes] + ["<function relu>", "64", "None"]
    is_described = np.arange(n_descriptions) < len(shapes)
    types = np.zeros(n, np.int32)
    types[1] = 1
    types[first[4] :] = np.where(is_array[first[4] :], 2, 3)
    return ModelTree(
        revision=1,
        name="model",
        shapes=Shapes.of(shapes),
        parent=parent,
        first_child=first_child,
        n_children=children,
        key=key,
        type=types,
        kind=kind,
        flags=np.where(is_array, NodeFlag.INEXACT | NodeFlag.TRACED, 0).astype(np.uint32),
        leaf=leaf,
        share=none,
        n_leaves=leaves,
        n_params=params,
        n_bytes=params * 4,
        leaf_dtype=np.where(is_described, text("float32"), -1).astype(np.int32),
        leaf_shape=np.where(is_described, np.arange(n_descriptions), -1).astype(np.int32),
        leaf_sharding=np.where(is_described, text("cpu:0"), -1).astype(np.int32),
        leaf_summary=np.array([text(words) for words in described], np.int32),
        type_name=np.array([text(t) for t in ("Layer", "list", "Array", "object")], np.int32),
        type_module=np.array([text("model")] * 4, np.int32),
        type_file=np.array([text("/x/model.py")] * 4, np.int32),
        type_line=np.array([3] * 4, np.int32),
        share_kind=np.zeros(0, np.uint8),
        share_offsets=np.zeros(1, np.uint32),
        share_members=np.zeros(0, np.int32),
        strings=text.strings(),
    )


def _levels(counts: tuple[int, ...]) -> tuple[NDArray[np.int64], ...]:
    """Return where each level of a tree begins, and the parent, first child and children of each.

    Every node of level i has `counts[i]` children.
    """
    sizes = np.cumprod((1, *counts))
    first = np.cumsum((0, *sizes))
    n = int(first[-1])
    children, parent = np.zeros(n, np.int32), np.full(n, -1, np.int32)
    for level, count in enumerate(counts):
        children[first[level] : first[level + 1]] = count
        below = slice(first[level + 1], first[level + 2])
        parent[below] = np.repeat(np.arange(first[level], first[level + 1]), count)
    first_child, inner = np.zeros(n, np.int32), int(first[-2])
    first_child[:inner] = 1 + np.cumsum(children[:inner]) - children[:inner]
    return first, parent, first_child, children


def _sum_up(
    column: NDArray[np.int64], first: NDArray[np.int64], first_child: NDArray[np.int64]
) -> None:
    """Let each inner node have the sum of its children."""
    for level in reversed(range(len(first) - 2)):
        here = slice(first[level], first[level + 1])
        below = column[first[level + 1] : first[level + 2]]
        column[here] = np.add.reduceat(below, first_child[here] - first[level + 1])


if __name__ == "__main__":
    main()
