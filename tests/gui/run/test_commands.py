"""What the actions on curves do in a view, and the way back from a plot that was removed."""

import pytest
from PySide6.QtCore import Qt

from eqxviz.gui.run import CurvesView
from eqxviz.session.actions import ACTIONS
from eqxviz.session.plots.board import Sight
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from tests.gui.run.conftest import CardOf
from tests.gui.shown import show_run

NAMES = [a.name.removeprefix("curves.") for a in ACTIONS if a.group == "Curves"]


@pytest.mark.parametrize("name", NAMES)
def test_every_action_on_curves_is_carried_out(
    view: CurvesView, session: Session, card_of: CardOf, monkeypatch, name: str
):
    asked: list[str] = []
    for ask in ("ask_picture", "ask_csv"):
        monkeypatch.setattr(view.saving, ask, lambda *_a, ask=ask, **_k: asked.append(ask))
    monkeypatch.setattr(view.saving, "copy", lambda _card: asked.append("copy"))
    told: list[str] = []
    view.removal.done.connect(told.append)
    show_run(session)
    card_of("loss")
    board = view.board
    board.change_look(window=5, x="step" if name == "seconds" else "seconds")
    board.follow(Sight() if name == "follow_newest" else Sight("newest", 0.0, 2.0))
    if name == "apart":
        board.draw_together(board.names)

    def state() -> tuple[object, ...]:
        return board.saved(), board.maximised, view.list.isHidden()

    before = state()
    view.commands.do(name)
    assert asked or told or state() != before


def test_a_command_is_about_the_plot_that_has_the_keyboard_else_of_the_selected_curve(
    view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session)
    loss, accuracy = card_of("loss"), card_of('metrics["accuracy"]')
    view.board.maximise(-1)
    session.select(Selection("series", series=1))
    view.commands.do("maximise")
    assert view.board.maximised == accuracy.plot
    view.board.maximise(-1)
    view.refresh()
    view.activateWindow()
    loss.canvas.setFocus()
    view.commands.do("maximise")
    assert view.board.maximised == loss.plot


def test_a_plot_that_was_removed_comes_back_by_the_button_of_the_toast(
    qtbot, view: CurvesView, session: Session, card_of: CardOf
):
    show_run(session)
    card_of("loss").steering.command("delete")
    toast = view.removal.toast
    assert toast.text == "Removed the plot of loss"
    assert toast.button.text() == "Undo"
    assert [plot.names for plot in view.board.plots] == [('metrics["accuracy"]',)]
    qtbot.mouseClick(toast, Qt.MouseButton.LeftButton)
    assert toast.isVisible()
    qtbot.mouseClick(toast.button, Qt.MouseButton.LeftButton)
    assert not toast.isVisible()
    assert [plot.names for plot in view.board.plots] == [("loss",), ('metrics["accuracy"]',)]


def test_without_a_removed_plot_it_is_said(qtbot, view: CurvesView, session: Session):
    show_run(session)
    with qtbot.waitSignal(view.removal.done) as told:
        view.commands.do("bring_back")
    assert told.args == ["No plot was removed"]
