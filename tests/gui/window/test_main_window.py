"""The window as a whole: what it shows when, and what its keys do."""

from dataclasses import replace
from pathlib import Path

import jax.numpy as jnp
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QToolButton

from eqxviz.analysis.tree import model_tree
from eqxviz.gui.settings import ALLOWED_FILES, RECENT_FILES, THEME, Settings
from eqxviz.gui.widgets.empty_state import EmptyState
from eqxviz.gui.window.main_window import MainWindow
from eqxviz.records import OpenModel, Problem, RunState, Severity
from eqxviz.session.examples import examples
from eqxviz.session.session import Session
from eqxviz.session.sources import ModelSource
from tests.gui.conftest import QuietEngine
from tests.gui.shown import make_tree, show_model, show_run
from tests.session.runs.made_runs import make_run


def answer(window: MainWindow, words: str) -> QPushButton:
    """Return the visible button of the question with these words."""
    found = [b for b in window.question.findChildren(QPushButton) if b.text() == words]
    assert len(found) == 1
    return found[0]


def test_it_begins_with_the_start_page_alone(window: MainWindow):
    assert window.centre.is_start
    assert not any(dock.isVisible() for dock in window.docks.docks.values())
    assert window.windowTitle() == "eqxviz"


def test_a_model_brings_the_tree_the_graph_and_the_details(
    qtbot, window: MainWindow, session: Session
):
    show_model(session, make_tree())
    qtbot.waitUntil(lambda: not window.centre.is_start)
    assert window.centre.view_name == "graph"
    assert window.docks.docks["tree"].isVisible()
    assert window.docks.docks["details"].isVisible()
    assert not window.docks.docks["output"].isVisible()
    assert window.windowTitle() == "model.py:model – eqxviz"
    assert "parameters" in window.status_line.totals.text


def test_the_open_file_can_be_opened_again_from_the_start_page(
    qtbot, window: MainWindow, session: Session, script: str
):
    for _ in range(2):
        window.opener.open(script, is_trusted=True)
        qtbot.waitUntil(lambda: not window.centre.is_start)
        assert window.docks.docks["tree"].isVisible()
        window.actions_table.q["file.start_page"].trigger()
        assert window.centre.is_start
        assert not window.docks.docks["tree"].isVisible()


def test_a_run_brings_the_curves_and_the_output(qtbot, window: MainWindow, session: Session):
    show_run(session)
    qtbot.waitUntil(lambda: window.docks.work == "watch")
    assert window.centre.view_name == "curves"
    assert window.docks.docks["output"].isVisible()
    assert window.run_bar.words.text.startswith("train.py – running, step 300")
    session.run.status = session.run.status.__class__(
        **{**vars(session.run.status), "state": RunState.FINISHED}
    )


def test_an_action_on_curves_brings_them_to_the_front(qtbot, window: MainWindow, session: Session):
    action = window.actions_table.q["curves.log"]
    assert not action.isEnabled()
    show_run(session)
    session.run_changed.emit()
    qtbot.waitUntil(action.isEnabled)
    window.show_view("graph")
    view = window.place("curves").build()
    qtbot.waitUntil(lambda: len(view.board.plots) == 2)
    action.trigger()
    assert window.centre.view_name == "curves"
    assert all(plot.is_log for plot in view.board.plots)
    session.run.status = replace(session.run.status, state=RunState.FINISHED)


def test_an_action_on_kept_runs_brings_their_list_and_acts_on_the_selected_ones(
    qtbot, window: MainWindow, session: Session, engine: QuietEngine, tmp_path: Path
):
    make_run(tmp_path, "a")
    engine.runs_folder = tmp_path
    session.runs.refresh()
    qtbot.waitUntil(lambda: len(session.runs.runs) == 1)
    window.actions_table.q["runs.copy_id"].trigger()
    assert window.centre.view_name == "runs"
    assert window.statusBar().currentMessage() == "Select a run in the list first"
    view = window.place("runs").view
    qtbot.waitUntil(lambda: len(view.model.rows) == 1)
    view.table.selectRow(0)
    window.actions_table.q["runs.copy_id"].trigger()
    assert QApplication.clipboard().text() == "a"


def test_what_the_system_says_is_copied_from_anywhere(qtbot, window: MainWindow, session: Session):
    action = window.actions_table.q["system.copy"]
    assert not action.isEnabled()
    show_run(session)
    session.run_changed.emit()
    qtbot.waitUntil(action.isEnabled)
    action.trigger()
    assert window.place("system").view is not None
    session.run.status = replace(session.run.status, state=RunState.FINISHED)


@pytest.mark.parametrize(
    ("key", "view"), [("1", "graph"), ("2", "curves"), ("3", "compile"), ("4", "source")]
)
def test_a_digit_brings_its_view_to_the_front(
    qtbot, window: MainWindow, session: Session, key: str, view: str
):
    window.activateWindow()
    show_model(session, make_tree())
    qtbot.waitUntil(lambda: not window.centre.is_start)
    qtbot.keyClick(window, key)
    assert window.centre.view_name == view
    assert window.place(view).view is not None


def test_opening_asks_once_for_each_file(
    qtbot, window: MainWindow, engine: QuietEngine, settings: Settings, script: str
):
    window.opener.open(script)
    assert window.question.isVisible()
    assert engine.worker.asked == []
    qtbot.mouseClick(answer(window, "Open"), Qt.MouseButton.LeftButton)
    assert engine.worker.asked == [OpenModel(script, "")]
    assert settings[ALLOWED_FILES] == (script,)
    assert settings[RECENT_FILES] == (script,)
    window.opener.open(f"{script}:make")
    assert not window.question.isVisible()
    assert engine.worker.asked[-1] == OpenModel(script, "make")


def test_a_file_is_not_opened_after_cancel_or_escape(
    qtbot, window: MainWindow, engine: QuietEngine, settings: Settings, script: str
):
    window.opener.open(script)
    qtbot.mouseClick(answer(window, "Cancel"), Qt.MouseButton.LeftButton)
    window.opener.open(script)
    qtbot.keyClick(window.question, Qt.Key.Key_Escape)
    assert not window.question.isVisible()
    assert engine.worker.asked == []
    assert settings[ALLOWED_FILES] == ()


def test_what_the_command_line_named_and_what_is_bundled_is_not_asked_about(
    window: MainWindow, engine: QuietEngine, settings: Settings, script: str
):
    window.opener.open(script, is_trusted=True)
    window.opener.open(str(examples()[0].path))
    assert not window.question.isVisible()
    assert len(engine.worker.asked) == 2
    assert settings[RECENT_FILES] == (script,)


# PySide6 6.12 wants these events made of other points, which 6.11 does not take.
@pytest.mark.filterwarnings("ignore:Function. .QDr:DeprecationWarning")
def test_a_python_file_can_be_dropped(window: MainWindow, script: str):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(script)])
    action, button, keys = (
        Qt.DropAction.CopyAction,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    entering = QDragEnterEvent(QPoint(5, 5), action, data, button, keys)
    window.dragEnterEvent(entering)
    assert entering.isAccepted()
    window.dropEvent(QDropEvent(QPointF(5, 5), action, data, button, keys))
    assert window.question.isVisible()
    data.setUrls([QUrl.fromLocalFile("/x/picture.png")])
    other = QDragEnterEvent(QPoint(5, 5), action, data, button, keys)
    other.ignore()
    window.dragEnterEvent(other)
    assert not other.isAccepted()


@pytest.mark.parametrize(("words", "leaves"), [("Leave it running", True), ("Stop it", False)])
def test_closing_on_a_live_run_asks_what_becomes_of_it(
    qtbot, window: MainWindow, session: Session, engine: QuietEngine, words: str, leaves: bool
):
    show_run(session)
    window.close()
    assert window.isVisible()
    assert engine.closed_with == []
    qtbot.mouseClick(answer(window, words), Qt.MouseButton.LeftButton)
    assert not window.isVisible()
    assert engine.closed_with[0] is leaves


def test_a_paused_run_can_go_on_without_a_window_or_wait_for_one(
    qtbot, window: MainWindow, session: Session, engine: QuietEngine, monkeypatch
):
    run = show_run(session)
    run.status = replace(run.status, state=RunState.PAUSED)
    monkeypatch.setattr(session, "resume", lambda: asked.append("resume"))
    asked: list[str] = []
    window.close()
    assert answer(window, "Leave it paused").isVisible()
    qtbot.mouseClick(answer(window, "Let it go on"), Qt.MouseButton.LeftButton)
    assert (asked, engine.closed_with) == (["resume"], [])
    run.status = replace(run.status, state=RunState.RUNNING)
    session.run_changed.emit()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert engine.closed_with[0] is True


def test_closing_can_be_taken_back(
    qtbot, window: MainWindow, session: Session, engine: QuietEngine
):
    show_run(session)
    window.close()
    qtbot.mouseClick(answer(window, "Cancel"), Qt.MouseButton.LeftButton)
    assert window.isVisible()
    assert engine.closed_with == []


def test_without_a_live_run_the_window_just_closes(window: MainWindow, engine: QuietEngine):
    window.close()
    assert engine.closed_with == [False]


def test_a_problem_without_a_place_of_its_own_comes_to_the_front(
    qtbot, window: MainWindow, session: Session
):
    show_run(session)
    qtbot.waitUntil(lambda: window.docks.work == "watch")
    session.report(Problem("x", Severity.ERROR, "It broke", "why", "fix"))
    tabs = window.docks.docks["problems"]
    qtbot.waitUntil(lambda: not tabs.visibleRegion().isEmpty())
    assert tabs.windowTitle() == "Problems 1"
    qtbot.waitUntil(lambda: window.status_line.problems.text() == "1 problem")


def test_a_problem_of_the_model_stays_where_the_model_would_be(
    qtbot, window: MainWindow, session: Session
):
    problem = Problem("x", Severity.ERROR, "It broke", "why", "fix")
    session.source = ModelSource.of("/x/model.py")
    session.model_state, session.model_problem = "failed", problem
    session.model_changed.emit()
    qtbot.waitUntil(lambda: window.docks.work == "inspect")
    session.report(problem)
    assert not window.docks.docks["problems"].isVisible()
    assert window.place("tree").view is None or window.place("tree").view.stack.state == "failed"


def test_an_empty_view_offers_what_fills_it(qtbot, window: MainWindow, session: Session):
    show_run(session)
    qtbot.waitUntil(lambda: window.docks.work == "watch")
    tree = window.docks.show("tree").view
    qtbot.waitUntil(
        lambda: (
            [b.text() for b in tree.findChildren(QPushButton) if b.isVisible()] == ["Open a file"]
        )
    )


@pytest.mark.parametrize(
    ("model", "offered"),
    [({"w": jnp.ones(3)}, "Draw a function of the file"), (None, "Draw the model's graph")],
)
def test_the_empty_page_of_graphs_offers_no_call_of_what_has_none(
    qtbot, window: MainWindow, session: Session, model: object, offered: str
):
    page = window.place("graph").build().findChild(EmptyState)
    show_model(session, make_tree() if model is None else model_tree(model, "params", 1))
    button = page.findChild(QPushButton)
    qtbot.waitUntil(lambda: (button.text(), button.isEnabled()) == (offered, True))
    assert window.actions_table.q["graph.model"].isEnabled() == (model is None)


def test_a_question_mark_lists_the_keys(qtbot, window: MainWindow):
    window.activateWindow()
    qtbot.keyClick(window, "?")
    assert window.finder.keys.isVisible()


def test_the_theme_is_switched_and_remembered(window: MainWindow, settings: Settings):
    window.actions_table.q["theme.switch"].trigger()
    assert window.theme.is_dark
    assert settings[THEME] == "dark"
    window.actions_table.q["theme.system"].trigger()
    assert settings[THEME] == "system"


def test_search_goes_to_the_view_that_has_the_keyboard(qtbot, window: MainWindow, session: Session):
    window.activateWindow()
    show_model(session, make_tree())
    qtbot.waitUntil(lambda: not window.centre.is_start)
    window.show_view("tree")
    window.actions_table.q["go.search"].trigger()
    tree = window.place("tree").view
    assert tree.isAncestorOf(window.focusWidget())
    assert isinstance(window.focusWidget(), QLineEdit)


def test_every_button_has_a_name(qtbot, window: MainWindow, session: Session):
    window.complete()
    show_model(session, make_tree())
    show_run(session)
    qtbot.waitUntil(lambda: all(p.view is not None for p in window.centre.places.values()))
    buttons = [*window.findChildren(QToolButton), *window.findChildren(QPushButton)]
    nameless = [
        b
        for b in buttons
        if not (b.accessibleName() or b.text() or b.toolTip() or b.isHidden())
        and not b.objectName().startswith("qt_")
    ]
    assert not nameless


def test_all_views_are_made_while_nothing_else_is_to_be_done(qtbot, window: MainWindow):
    window.complete()
    places = [*window.centre.places.values(), *window.docks.places.values()]
    qtbot.waitUntil(lambda: all(place.view is not None for place in places), timeout=10_000)
