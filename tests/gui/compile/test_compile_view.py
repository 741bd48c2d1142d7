"""The ledger of jitted functions."""

import numpy as np
import pytest
from PySide6.QtTest import QAbstractItemModelTester

from eqxviz.gui.compile import CompileView
from eqxviz.gui.theme import Theme
from eqxviz.records import FunctionTotals
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from tests.gui.shown import put_on_screen, show_run


@pytest.fixture
def view(qtbot, session: Session, theme: Theme) -> CompileView:
    return put_on_screen(qtbot, CompileView(session, theme), 900, 400)


def row(view: CompileView, r: int) -> list[str]:
    return [view.model.index(r, c).data() for c in range(view.model.columnCount())]


def test_without_a_run_the_view_says_what_it_is_for(view: CompileView):
    assert view.stack.state == "empty"


def test_each_function_is_a_row_with_its_times(view: CompileView, session: Session):
    show_run(session)
    session.functions_changed.emit()
    assert row(view, 0) == [
        *("make_step", "300", "1 ×", "120 ms", "50.0 ms", "600 ms", "3.00 s"),
        *("train.py:12", "eqxcore.filter_jit"),
    ]


def test_the_users_own_functions_come_first(view: CompileView, session: Session):
    run = show_run(session)
    run.add(
        FunctionTotals(
            np.array([0, 1], np.int32), np.array([1, 99]), np.array([0.1, 50.0]), np.array([1, 1]),
            np.array([0.1, 0.1]), np.array([np.nan, 0.5]), np.array([np.nan, 1.0]),
        )  # fmt: skip
    )
    session.functions_changed.emit()
    assert [row(view, r)[0] for r in range(2)] == ["make_step", "_normal"]


def test_the_summary_says_how_much_of_the_run_was_compiling(view: CompileView, session: Session):
    show_run(session)
    session.functions_changed.emit()
    assert view.summary.text() == "1.02 s of this 6.00 s run were compiling, in 2 compilations"


def test_a_row_and_the_windows_selection_follow_each_other(view: CompileView, session: Session):
    show_run(session)
    session.functions_changed.emit()
    view.table.selectRow(1)
    assert session.selection == Selection(kind="function", function=1)
    session.select(Selection(kind="function", function=0))
    assert view.table.currentIndex().row() == 0


def test_the_model_behaves_as_qt_expects_of_a_table(view: CompileView, session: Session):
    tester = QAbstractItemModelTester(
        view.model, QAbstractItemModelTester.FailureReportingMode.Fatal, view
    )
    show_run(session)
    session.functions_changed.emit()
    assert tester.model().rowCount() == 2
