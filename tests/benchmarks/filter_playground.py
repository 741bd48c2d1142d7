"""What the filter playground costs at a large tree: opening it, a click, the Filter view's frame.

    QT_QPA_PLATFORM=offscreen python -m tests.benchmarks.filter_playground [BLOCKS]

Prints milliseconds, painting included; nothing is asserted.
"""

import sys
import time
from collections.abc import Callable

import numpy as np
from PySide6.QtWidgets import QApplication

from eqxviz.gui.filters import FilterView
from eqxviz.gui.theme import Theme
from eqxviz.session.filters.filter_spec import FilterSpec
from eqxviz.session.filters.predicates import Predicate
from eqxviz.session.session import Session
from tests.gui.conftest import QuietEngine
from tests.gui.shown import show_model
from tests.session.trees import large_tree

WARM_UP, ROUNDS = 2, 12


def timed(name: str, work: Callable[[], object], rounds: int = 1) -> None:
    """Print how long `work` and what it makes the view do took: the median, and the longest."""
    spent = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        QApplication.processEvents()
        spent.append((time.perf_counter() - start) * 1e3)
    median, longest = np.median(spent), max(spent)
    print(f"{name:<34} {median:8.1f}" + (f"   at most {longest:.1f}" if rounds > 1 else ""))


def main() -> None:
    """Open a tree of so many blocks in a Filter view, and use it."""
    app = QApplication(["eqxviz", "-platform", "offscreen"])
    tree = large_tree(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
    session, theme = Session(lambda job: job(), QuietEngine()), Theme("light")  # type: ignore[arg-type]  # the quiet one
    theme.apply(app)
    view = FilterView(session, theme)
    view.resize(1600, 1000)
    view.show()
    print(f"{len(tree):,} nodes, {int(tree.n_leaves[0]):,} leaves; milliseconds")
    timed("open", lambda: show_model(session, tree))
    playground, node = view.playground, int(tree.first_child[0])
    for _ in range(WARM_UP):
        playground.toggle(node)
    timed("click on a subtree", lambda: playground.toggle(node), ROUNDS)
    rules = [Predicate("is_array"), Predicate("rank", "2"), Predicate("nothing")] * (ROUNDS // 3)
    timed("another rule", lambda: playground.set_spec(FilterSpec(rules.pop())), ROUNDS)
    timed("undo", playground.undo, ROUNDS)
    timed("unfold everything", lambda: view.halves.fold(0, True, True))
    bar = view.halves.tables[True].verticalScrollBar()
    timed("scroll both halves, a frame", lambda: bar.setValue(bar.value() + 4800), 60)


if __name__ == "__main__":
    main()
