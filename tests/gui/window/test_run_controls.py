"""What the window says and offers of a run: its state, its bars, a call to run to, its end."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from eqxviz.gui.window.main_window import MainWindow
from eqxviz.records import Bar, Bars, Control, GateCommand, Problem, RunState, Severity
from eqxviz.session.run_view import RunView
from eqxviz.session.session import Session
from tests.gui.shown import make_tree, show_model, show_run


@pytest.fixture
def run(session: Session) -> RunView:
    made = show_run(session)
    session._on_event(made, replace(made.status, state=RunState.RUNNING, step=12))
    return made


class Told:
    """A worker of a run: it remembers what it was told."""

    alive = True
    folder = ""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.was_stopped = False

    def ask(self, request: object, answered: object) -> int:
        self.asked.append(request)
        return len(self.asked)

    def stop(self) -> None:
        self.was_stopped = True


@pytest.fixture
def worker(session: Session, run: RunView) -> Told:
    session._run_worker = told = Told()
    return told


def test_a_pause_is_said_at_once_and_can_be_taken_back(qtbot, window: MainWindow, session, worker):
    session.pause()
    qtbot.waitUntil(lambda: "pausing…" in window.run_bar.words.text)
    action = window.actions_table.q["run.continue"]
    qtbot.waitUntil(action.isEnabled)
    action.trigger()
    assert worker.asked == [Control(GateCommand.PAUSE), Control(GateCommand.CONTINUE)]


def test_a_call_that_was_made_is_not_run_to(qtbot, window: MainWindow, session, worker):
    window.actions_table.refresh()
    window.actions_table.q["run.to"].trigger()
    field = window.run_controls.field
    assert field.isVisible()
    field.line.setText("12")
    assert field.hint.text() == "12 calls were made already: the next is 13"
    qtbot.keyClick(field.line, Qt.Key.Key_Return)
    assert field.isVisible()
    assert worker.asked == []
    field.line.setText("+100")
    qtbot.keyClick(field.line, Qt.Key.Key_Return)
    assert field.isHidden()
    assert worker.asked == [Control(GateCommand.RUN_TO, 100, is_onward=True)]
    qtbot.waitUntil(lambda: "running for 100 more calls" in window.run_bar.words.text)
    field.ask()
    field.line.setText("112")
    qtbot.keyClick(field.line, Qt.Key.Key_Return)
    assert worker.asked[1:] == [Control(GateCommand.RUN_TO, 112)]
    qtbot.waitUntil(lambda: "running to call 112" in window.run_bar.words.text)


def test_the_field_follows_the_run_and_goes_with_it(window: MainWindow, session, worker, run):
    field = window.run_controls.field
    field.ask()
    field.line.setText("14")
    assert field.go.isEnabled()
    session._on_event(run, replace(run.status, step=20))
    assert "20 calls" in field.made.text()
    assert not field.go.isEnabled()
    session._on_event(run, replace(run.status, state=RunState.FINISHED))
    assert field.isHidden()


def test_the_clock_of_a_run_goes_on_and_stands_with_it(qtbot, window: MainWindow, session, run):
    window.run_bar.refresh()
    assert window.run_bar._tick.isActive()
    session._on_event(run, replace(run.status, state=RunState.PAUSED, at_function=0))
    window.run_bar.refresh()
    assert not window.run_bar._tick.isActive()


def test_the_stages_of_a_stop_are_looked_at_often(window: MainWindow, session, worker):
    session.stop()
    assert worker.was_stopped
    window.run_bar.refresh()
    assert "stopping at the next call" in window.run_bar.words.text
    assert window.run_bar._tick.interval() <= 100


def test_bars_are_shown_while_they_go_on(window: MainWindow, session, run):
    bars = window.status_line.progress
    assert bars.isHidden()
    epoch = Bar(0, "epoch", 3, 10, "it", 30.0, False)
    session._on_event(run, Bars((epoch, Bar(1, "batch", 5, 50, "it", 1.0, False))))
    assert bars.texts == (
        "epoch: 3 of 10, 30 %, 1 min 10 s left",
        "batch: 5 of 50, 10 %, 9 s left",
    )
    assert not bars.isHidden()
    assert bars.accessibleDescription().startswith("epoch: 3 of 10")
    bars.grab()
    narrow = bars.sizeHint().width()
    session._on_event(run, Bars((replace(epoch, text="training epochs " * 3),)))
    one = bars.sizeHint().width()
    assert one > narrow / 2
    session._on_event(run, Bars((epoch,)))
    assert bars.sizeHint().width() == one  # no narrower in between
    session._on_event(run, Bars((replace(epoch, is_over=True),)))
    assert bars.isHidden()


def test_the_end_of_a_run_out_of_sight_is_told_once(qtbot, window: MainWindow, session, run):
    window.show_view("source")
    toast = window.finished.toast
    session._on_event(run, replace(run.status, state=RunState.FINISHED, elapsed_seconds=192.0))
    qtbot.waitUntil(lambda: toast.text == "train.py finished after 3 min 12 s")
    assert toast.accessibleName() == toast.text
    toast.setFocus()
    qtbot.keyClick(toast, Qt.Key.Key_Return)
    assert toast.isHidden()
    assert window.centre.view_name == "curves"
    session.run_changed.emit()
    QApplication.processEvents()
    assert toast.isHidden()


def test_a_run_that_died_out_of_sight_is_told_with_its_reason(
    qtbot, window: MainWindow, session, run
):
    window.show_view("source")
    toast = window.finished.toast
    session._on_event(run, replace(run.status, state=RunState.DIED, elapsed_seconds=5.0))
    title = "train.py crashed in native code: segmentation fault"
    session._on_event(run, Problem("worker-died", Severity.ERROR, title, "", ""))
    words = "train.py died after 5.00 s: crashed in native code: segmentation fault"
    qtbot.waitUntil(lambda: toast.text == words)


def test_a_toast_goes_by_itself_and_waits_for_the_pointer(qtbot, window: MainWindow):
    toast = window.finished.toast
    toast.timer.setInterval(30)
    toast.say("train.py finished", "mdi6.check")
    qtbot.waitUntil(toast.isHidden)
    toast.say("train.py finished", "mdi6.check")
    toast.enterEvent(None)
    assert not toast.timer.isActive()
    toast.leaveEvent(None)
    qtbot.waitUntil(toast.isHidden)


def test_a_run_that_the_user_stopped_is_no_news(window: MainWindow, session, run):
    window.show_view("source")
    session._on_event(run, replace(run.status, state=RunState.STOPPED))
    QApplication.processEvents()
    assert window.finished.toast.isHidden()


def test_the_settings_of_a_pause_are_kept(window: MainWindow, session, settings):
    for name in ("run.opens_at_pause", "run.draws_at_pause"):
        action = window.actions_table.q[name]
        assert action.isChecked()
        action.trigger()
        assert not action.isChecked()
    assert not session.opens_at_pause
    assert not session.draws_at_pause


def test_a_model_that_gave_way_is_offered_in_the_title(window: MainWindow, session, worker, run):
    show_model(session, make_tree())
    session._model_worker = worker
    session._on_event(run, replace(run.status, state=RunState.PAUSED, at_function=0))
    session._put_aside()
    link = window.run_controls.link
    assert link.whole_text.startswith("Back to ")
    assert not link.isHidden()
    assert "Shift+F7" in link.toolTip()
    QApplication.processEvents()
