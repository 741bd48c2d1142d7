"""The values of an equation as they are seen in Details and in the Values view."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from eqxviz.gui.replay.resting import ReplayRest
from eqxviz.gui.replay.turns_bar import TurnsBar
from eqxviz.gui.theme import Theme
from eqxviz.gui.values import DetailsView, ValuesView
from eqxviz.gui.widgets import ElidedLabel
from eqxviz.records import CheckReplay, KeepCalls, LoopTurns, ReplayEquation
from eqxviz.session.replaying.choices import Turn
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from tests.gui.shown import names_by_tab, put_on_screen
from tests.session.replaying.standin import N_TURNS, begin, check, equation, go_on


def select(session: Session, primitive: str) -> int:
    at = equation(primitive)
    session.select(Selection(kind="equation", graph="function:0", equation=at))
    return at


@pytest.fixture
def details(qtbot, session: Session, theme: Theme) -> DetailsView:
    return put_on_screen(qtbot, DetailsView(session, theme), 320, 900)


def test_the_values_are_over_what_is_known_of_the_equation(session, details):
    worker = begin(session)
    assert not details.replay.isVisible()
    select(session, "log")
    session.replaying.values.ask()
    worker.replayed([np.arange(1.0, 4.0)], [np.log(np.arange(1.0, 4.0))])
    head, panel = details.replay.head, details.replay.panel
    assert details.replay.isVisible()
    assert head.chooser.currentText() == "makes f32[3]"
    assert head.moment.text() == "in call 41"
    assert panel.histogram.isVisible()
    assert panel.heat_map.isVisible()
    assert "Range" in {label.text() for label in panel.facts.findChildren(type(head.moment))}
    head.chooser.setCurrentIndex(1)
    head.chooser.activated.emit(1)
    assert session.replaying.values.value.maximum == 3
    go_on(session)
    assert head.moment.text() == "in call 41, before"
    assert not head.chooser.isEnabled()
    assert panel.histogram.isVisible()


def test_a_turn_is_chosen_with_the_keyboard_and_asked_for_after_a_rest(qtbot, session, details):
    rest = ReplayRest(session, details)
    worker = begin(session)
    select(session, "sin")
    qtbot.waitUntil(lambda: bool(worker.of(ReplayEquation)))
    worker.replayed([np.ones(3)], [np.ones(3)], (LoopTurns(equation("scan"), N_TURNS),))
    turns = details.replay.head.turns
    (slider,), (number,) = turns.sliders, turns.numbers
    # How many there are is in the name of the loop, over both.
    assert number.text() == "turn 1"
    (label,) = (each for each in turns.findChildren(ElidedLabel) if each.isVisible())
    assert label.text.endswith(f"× {N_TURNS}")
    slider.setFocus()
    for _ in range(3):
        QTest.keyClick(slider, Qt.Key.Key_Right)
    assert number.value() == 4
    assert len(worker.of(ReplayEquation)) == 1  # the keys do not queue up
    qtbot.waitUntil(lambda: len(worker.of(ReplayEquation)) == 2)
    assert worker.of(ReplayEquation)[1].iterations == (3,)
    assert details.replay.head.working.text == "Replaying the call"
    details.replay.head.working.cancelled.emit()
    assert "was cancelled" in details.replay.head.note.text()
    assert details.replay.head.offer.whole_text == "Try again"
    details.replay.head.offer.click()
    assert len(worker.of(ReplayEquation)) == 3
    rest.close()


def test_where_calls_are_not_kept_it_is_offered_to_keep_them(session, details):
    worker = begin(session, keeps=False)
    select(session, "log")
    session.replaying.values.ask()
    head = details.replay.head
    assert head.note.text().startswith("No values: calls are not kept.")
    assert head.offer.whole_text == "Keep calls from now on"
    head.offer.click()
    assert worker.last == KeepCalls(True)
    assert not head.offer.isVisible()


def test_an_equation_that_was_not_run_says_so(session, details):
    worker = begin(session)
    select(session, "log")
    session.replaying.values.ask()
    worker.replayed([], [], was_run=False)
    assert "in a branch that the call did not take" in details.replay.head.note.text()
    assert not details.replay.panel.isVisible()


def test_how_the_replay_compares_is_asked_for_and_said(session, details):
    worker = begin(session)
    select(session, "log")
    session.replaying.values.ask()
    worker.replayed([np.ones(3)], [np.zeros(3)])
    head = details.replay.head
    head.check.click()
    assert worker.of(CheckReplay) == [CheckReplay(0)]
    worker.answer(check(), CheckReplay)
    assert head.check_words.text().endswith("within 1.2e-07 (relative).")
    assert not head.check.isVisible()


def test_how_the_replay_compares_is_said_with_a_result_where_nothing_is_selected(session, details):
    worker = begin(session)
    assert not details.replay.isVisible()
    assert session.replaying.can_check
    session.replaying.check()
    assert session.selection.kind == "value"
    worker.answer(check(), CheckReplay)
    session.replaying.values.ask()
    worker.replayed([np.ones(3)], [np.ones(3)])
    assert details.replay.head.check_words.isVisible()
    assert details.replay.head.check_words.text().endswith("within 1.2e-07 (relative).")


def test_the_replay_is_not_compared_where_no_graph_of_the_call_can_tell_of_it(session):
    begin(session, draws=False)
    assert not session.replaying.can_check


def test_a_loop_with_one_turn_has_its_name_and_nothing_to_choose(qtbot, theme: Theme):
    holder = put_on_screen(qtbot, QWidget(), 300, 120)
    bar = TurnsBar(holder, is_narrow=True)
    bar.resize(holder.size())
    bar.show_turns((Turn("scan body", 0, 1), Turn("scan body × 2,000", 7, 2000)), enabled=True)
    (one, many), (no_number, number) = bar.sliders, bar.numbers
    assert (one.isVisible(), no_number.isVisible()) == (False, False)
    assert (many.isVisible(), number.text()) == (True, "turn 8")
    assert many.width() > 150
    labels = {label.text for label in bar.findChildren(ElidedLabel)}
    assert labels == {"scan body, its one turn", "scan body × 2,000"}


def test_the_values_view_shows_what_is_selected_of_the_graph_or_of_the_tree(qtbot, session, theme):
    view = put_on_screen(qtbot, ValuesView(session, theme), 800, 600)
    worker = begin(session)
    select(session, "log")
    assert view.shows_replay
    session.replaying.values.ask()
    worker.replayed([np.arange(1.0, 4.0)], [np.arange(3.0)])
    page = view.replay_page
    assert page.leaf_page.isVisible()
    assert page.leaf_view.shape == (3,)
    assert page.leaf_page.side_stack.state == "filled"
    names = names_by_tab(page)
    assert "Which value of the equation" in names
    assert "Heat map of the array" in names
    session.select(Selection(kind="node", node=0))
    assert not view.shows_replay
    session.back()
    assert view.shows_replay
