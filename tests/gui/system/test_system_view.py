"""The system of a run: its four states, what it says, and what can be done by keyboard."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from eqxviz.gui.system import SystemView
from eqxviz.records import Problem, RunState, Severity
from eqxviz.session.run_view import RunView
from eqxviz.session.session import Session
from tests.session.system.made_samples import history


@pytest.fixture
def run(session: Session) -> RunView:
    session.run = RunView("/a/train.py", [], "", None)
    session.run.status = replace(session.run.status, state=RunState.RUNNING)
    return session.run


@pytest.fixture
def view(qtbot, session: Session, theme) -> SystemView:
    made = SystemView(session, theme)
    qtbot.addWidget(made)
    made.resize(1000, 220)
    made.show()
    return made


def feed(session: Session, samples) -> None:
    for sample in samples:
        session._on_event(session.run, sample)


def test_without_a_run_it_says_what_it_is_for(view: SystemView):
    assert view.stack.state == "empty"
    assert view.text == ""
    view.copy()


def test_a_run_that_was_not_measured_yet_is_being_waited_for(session, view, run):
    session.run_changed.emit()
    view.refresh()
    assert view.stack.state == "working"


def test_what_was_measured_of_the_run_before_goes_when_another_begins(session, view, run):
    feed(session, history(20, inside=0.4))
    view.refresh()
    assert view.time.isVisible()
    session.run = RunView("/a/train.py", [], "", None)
    session.run_changed.emit()
    view.refresh()
    assert view.stack.state == "working"
    assert not view.time.isVisible()


def test_a_run_that_ended_before_its_first_sample_says_so_or_why(session, view, run):
    run.status = replace(run.status, state=RunState.FINISHED)
    view.refresh()
    assert view.stack.state == "empty"
    run.problems.append(Problem("script-raised", Severity.ERROR, "It raised", "so", "do"))
    view.refresh()
    assert view.stack.state == "failed"


def test_samples_fill_it_as_they_come(qtbot, session, view, run):
    feed(session, history(90, inside=0.4))
    view.refresh()
    assert view.stack.state == "filled"
    assert view.time.words.text() == "60 % of the time is spent outside jit"
    assert view.time.lately.isVisible()
    assert view.time.whole.accessibleName().startswith("Time since the first call: In jitted calls")
    assert "800 steps/s, " in view.speed.accessibleName()
    assert [view.model.index(row, 0).data() for row in range(3)] == [
        *("f32[768,768]", "f32[768]", "f32[]")
    ]
    assert not view.time.leak.isVisible()


def test_a_plot_says_no_scale_of_what_it_does_not_draw(session, view, run):
    feed(session, history(5)[:1])
    view.refresh()
    uppermost, first, last = view.speed.axis_texts
    assert (uppermost, last) == ("", "")
    assert first.endswith("s")
    feed(session, history(5)[1:])
    view.refresh()
    assert view.speed.axis_texts[0].endswith("steps/s")
    assert all(view.speed.axis_texts)


def test_it_follows_what_arrives_while_it_is_seen(qtbot, session, view, run):
    feed(session, history(3))
    qtbot.waitUntil(lambda: view.stack.state == "filled")
    feed(session, history(80)[3:])
    qtbot.waitUntil(lambda: view.time.lately.isVisible())


def test_a_leak_is_marked_by_a_sign_a_colour_and_a_word(session, view, run, theme):
    feed(session, history(60, leaks=True))
    view.refresh()
    row = next(r for r in range(3) if view.model.index(r, 0).data() == "f32[]")
    cell = view.model.index(row, 3)
    assert cell.data().startswith("▲ +")
    assert cell.data(Qt.ItemDataRole.ForegroundRole) == theme.color("problem")
    assert "append float(loss)" in view.time.leak.text()
    assert view.time.leak.isVisible()


def test_the_cursor_reads_a_plot_by_keyboard(qtbot, session, view, run):
    feed(session, history(10, gpu=True))
    view.refresh()
    view.memory.setFocus()
    qtbot.keyClick(view.memory, Qt.Key.Key_Left)
    assert view.memory.reading == "10.0 s: in use 2.40 GB, peak 3.10 GB, process 401 MB"
    qtbot.keyClick(view.memory, Qt.Key.Key_Home)
    assert view.memory.accessibleDescription().startswith("1.00 s: in use 2.40 GB")
    view.speed.setFocus()
    assert view.memory.reading.startswith("2.40 GB, peak")


def test_a_limit_that_is_near_is_drawn(session, view, run):
    feed(session, history(10, gpu=True))
    view.refresh()
    assert "limit" not in [line.name for line in view.memory._lines()]
    near = [
        replace(s, devices=tuple(replace(d, in_use=9_000_000_000) for d in s.devices))
        for s in history(10, gpu=True)
    ]
    run.samples.clear()
    feed(session, near)
    view.refresh()
    assert "limit" in [line.name for line in view.memory._lines()]


def test_all_of_it_is_copied_as_a_text(qtbot, session, view, run):
    feed(session, history(90))
    view.refresh()
    view.speed.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    text = QApplication.clipboard().text()
    assert "of the time is spent outside jit" in text
    assert "f32[768,768]\t48" in text


@pytest.mark.parametrize(("width", "n_columns"), [(1000, 4), (700, 2), (400, 1)])
def test_the_cards_stand_beside_each_other_where_there_is_room(
    session, view, run, width, n_columns
):
    feed(session, history(5))
    view.resize(width, 220)
    view.refresh()
    QApplication.processEvents()
    tops = {card.y() for card in view._cards}
    assert len(tops) == 4 // n_columns
