"""The debugger's dock: stops by keyboard, the stack, variables that unfold, and its states."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit

from eqxviz.gui.debug import DebuggerView
from eqxviz.gui.theme import Theme
from eqxviz.records import (
    Frame,
    HaltKind,
    OpenModel,
    Problem,
    ReadVariables,
    RunState,
    Severity,
    Stack,
    StopKind,
)
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from tests.gui.shown import names_by_tab, put_on_screen
from tests.session.debugging.stand_in import SCRIPT, PausedScript, pause, tell


@pytest.fixture
def view(qtbot, session: Session, theme: Theme, worker: PausedScript) -> DebuggerView:
    return put_on_screen(qtbot, DebuggerView(session, theme), 900, 200)


def titles(view: DebuggerView) -> list[str]:
    model = view.stops.model
    return [model.data(model.index(row)) for row in range(model.rowCount())]


def words(view: DebuggerView) -> list[tuple[str, str]]:
    return [(item.text(0), item.text(1)) for item in view.variables._items()]


def test_a_stop_is_typed_and_what_is_no_stop_says_why(qtbot, view, session):
    field = view.stops.field
    field.setText("3 +")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert "nothing to stop at" in view.stops.hint.text()
    assert field.accessibleDescription() == view.stops.hint.text()
    field.setText("loss > 10")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: field.text() == "")
    assert view.stops.hint.isHidden()
    assert titles(view) == ["uncaught exception", "loss > 10"]


def test_stops_obey_the_keyboard(qtbot, view, session):
    made = session.debugging.of_script.add_words("make_step")
    stops = view.stops
    stops.list.setFocus()
    stops.list.setCurrentIndex(stops.model.index(1))
    qtbot.keyClick(stops.list, Qt.Key.Key_Space)
    assert not session.debugging.stops.get(made.id).is_enabled
    qtbot.keyClick(stops.list, Qt.Key.Key_Return)
    assert session.selection == Selection(kind="function", function=3)
    qtbot.keyClick(stops.list, Qt.Key.Key_Delete)
    assert [stop.kind for stop in session.debugging.stops] == [StopKind.EXCEPTION]
    assert stops.list.currentIndex().row() == 0


def test_the_words_of_a_stop_are_changed_in_place(qtbot, view, session):
    made = session.debugging.of_script.add_words("loss > 10")
    view.stops.edit(made.id)
    line = view.stops.list.findChild(QLineEdit)
    line.setText("loss > 20")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: titles(view)[1] == "loss > 20")


def test_the_stop_that_was_met_stands_out(qtbot, view, session, theme):
    theme.set_still(True)
    made = session.debugging.of_script.add_words("loss > 10")
    pause(session, stop=made.id, why="loss is 12.3 at step 41")
    assert titles(view)[1] == "▸ loss > 10"
    assert "loss is 12.3 at step 41" in view.why.text
    tell(session, RunState.RUNNING)
    assert titles(view)[1] == "loss > 10"


def test_nothing_is_paused_and_how_to_pause_is_said(view, session):
    assert view.stack.state == "empty"
    pause(session)
    assert view.stack.state == "filled"
    assert not view.result.isVisible()
    tell(session, RunState.RUNNING)
    assert view.stack.state == "filled"
    assert "goes on" in view.why.text
    tell(session, RunState.FINISHED)
    assert "has ended" in view.why.text


def test_a_stack_that_cannot_be_read_is_a_problem_with_another_try(view, session, worker):
    worker.frames = ()
    worker.answer = lambda _request: Problem("gone", Severity.ERROR, "It cannot be read", "", "")
    pause(session)
    assert view.stack.state == "failed"
    worker.answer = lambda request: Stack(())
    view.stack.retried.emit()
    assert view.stack.state != "failed"


def test_walking_the_stack_selects_lines_and_shows_variables(qtbot, view, session):
    pause(session)
    frames = view.frames
    model = frames.frames
    shown = [model.data(model.index(row, 0)) for row in range(model.n_rows())]
    assert shown == ["__call__", "forward", "top level"]
    assert frames.currentIndex().row() == 1
    frames.setFocus()
    qtbot.keyClick(frames, Qt.Key.Key_Down)
    assert session.selection == Selection(kind="source", file=SCRIPT, line=40)
    assert session.debugging.variables.frame == 2
    assert 'File "/x/train.py", line 12, in forward' in frames.text()


def test_frames_of_libraries_are_one_row_that_unfolds(qtbot, view, session, worker):
    packages = "/lib/python3.11/site-packages"
    worker.frames = (
        Frame(f"{packages}/eqxcore/nn/_mlp.py", 8, "__call__", "return x", False),
        Frame(f"{packages}/jax/_src/api.py", 9, "vmap_f", "return f(x)", False),
        Frame(f"{packages}/jax/_src/pjit.py", 3, "call", "return f(x)", False),
        *worker.frames[1:],
    )
    pause(session)
    frames, model = view.frames, view.frames.frames

    def shown() -> list[str]:
        return [model.data(model.index(row, 0)) for row in range(model.n_rows())]

    assert shown() == ["3 frames of eqxcore, jax", "forward", "top level"]
    assert frames.currentIndex().row() == 1
    before = session.selection
    frames.setFocus()
    qtbot.keyClick(frames, Qt.Key.Key_Up)
    assert session.selection == before  # there is no one line to go to
    qtbot.keyClick(frames, Qt.Key.Key_Return)
    assert shown() == ["__call__", "vmap_f", "call", "forward", "top level"]
    qtbot.keyClick(frames, Qt.Key.Key_Down)
    assert session.debugging.stack.chosen == 1
    qtbot.keyClick(frames, Qt.Key.Key_Left)
    assert shown() == ["3 frames of eqxcore, jax", "forward", "top level"]
    session.debugging.frames.choose(2)  # as from a link elsewhere
    assert shown()[2] == "call"
    assert frames.currentIndex().row() == 2


def test_variables_unfold_and_open_by_the_keyboard(qtbot, view, session, worker):
    pause(session)
    variables = view.variables
    assert words(view) == [("model", "MLP(...)"), ("rate", "0.1")]
    variables.setFocus()
    variables.setCurrentItem(variables.topLevelItem(0))
    qtbot.keyClick(variables, Qt.Key.Key_Right)
    assert words(view)[1] == (".weight", "f32[8,3]")
    assert variables.currentItem().text(0) == "model"
    qtbot.keyClick(variables, Qt.Key.Key_Left)
    assert words(view) == [("model", "MLP(...)"), ("rate", "0.1")]
    qtbot.keyClick(variables, Qt.Key.Key_Return)
    assert OpenModel("", "model", frame=1) in worker.asked


def test_what_changed_since_the_pause_before_is_marked_in_words_and_colour(view, session, worker):
    pause(session)
    worker.rate = "0.05"
    tell(session, RunState.RUNNING)
    pause(session, seconds=2.0)
    assert words(view)[1] == ("rate", "● 0.05")
    assert "has changed" in view.variables._items()[1].toolTip(0)


def test_a_value_and_a_path_are_copied(view, session):
    pause(session)
    menu = view.variables.menu(session.debugging.variables.rows()[1])
    actions = {action.text().split("\t")[0]: action for action in menu.actions()}
    assert not actions["Open as a tree"].isEnabled()
    actions["Copy the value"].trigger()
    assert QApplication.clipboard().text() == "0.1"
    actions["Show the 1 globals"].trigger()
    assert words(view)[2] == ("N_STEPS", "100")
    menu.deleteLater()


def test_the_links_open_the_calls_arguments_and_its_result(view, session, worker):
    pause(session, HaltKind.RETURN, has_result=True)
    assert view.arguments.isVisible()
    view.result.click()
    assert OpenModel("", "result") in worker.asked


def test_everything_is_reached_by_tab(view, session):
    pause(session)
    assert names_by_tab(view) == ["Stack", "Variables", "Add a stop", "Stops", "Arguments"]


def test_a_frame_whose_variables_are_not_kept_says_so(view, session, worker, monkeypatch):
    gone = Problem("frame-gone", Severity.ERROR, "The variables of host are not kept", "", "")
    answer = worker.answer

    def answered(request):
        is_gone = isinstance(request, ReadVariables) and request.frame == 0
        return gone if is_gone else answer(request)

    monkeypatch.setattr(worker, "answer", answered)
    pause(session)
    session.debugging.frames.choose(0)
    assert view.values.state == "empty"
    said = [label.text() for label in view.values.findChildren(QLabel)]
    assert "The variables of host are not kept" in said
    session.debugging.frames.choose(1)
    assert view.values.state == "filled"
