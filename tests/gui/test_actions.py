"""The table of actions in Qt's terms."""

import pytest
from PySide6.QtWidgets import QMainWindow

from eqxviz.gui.actions import WINDOW_ACTIONS, Actions
from eqxviz.gui.theme import Theme
from eqxviz.session.actions import ACTIONS
from eqxviz.session.session import Session
from tests.gui.shown import make_tree, show_model


@pytest.fixture
def window(qtbot) -> QMainWindow:
    made = QMainWindow()
    qtbot.addWidget(made)
    return made


def handlers(done: list[str]) -> dict:
    table = (*ACTIONS, *WINDOW_ACTIONS)
    return {a.name: (lambda n=a.name: done.append(n)) for a in table if a.run is None}


def test_no_key_stands_for_two_actions():
    keys = [a.key for a in (*ACTIONS, *WINDOW_ACTIONS) if a.key]
    assert len(set(keys)) == len(keys)


def test_every_action_has_a_menu(window: QMainWindow, session: Session, theme: Theme):
    actions = Actions(session, theme, window, handlers([]))
    actions.fill(window.menuBar())
    in_menus = [a for menu in window.menuBar().actions() for a in menu.menu().actions()]
    assert set(in_menus) == set(actions.q.values())


def test_an_action_that_nobody_carries_out_is_refused(
    window: QMainWindow, session: Session, theme: Theme
):
    with pytest.raises(ValueError, match=r"nothing carries out 'file\.open'"):
        Actions(session, theme, window, {})


def test_a_handler_carries_out_what_only_a_window_can(
    window: QMainWindow, session: Session, theme: Theme
):
    done: list[str] = []
    actions = Actions(session, theme, window, handlers(done))
    actions.q["help.keys"].trigger()
    assert done == ["help.keys"]


def test_what_cannot_be_done_now_is_disabled(
    qtbot, window: QMainWindow, session: Session, theme: Theme
):
    actions = Actions(session, theme, window, handlers([]))
    assert not actions.q["graph.model"].isEnabled()
    show_model(session, make_tree())
    qtbot.waitUntil(actions.q["graph.model"].isEnabled)


def test_every_icon_exists(window: QMainWindow, session: Session, theme: Theme):
    actions = Actions(session, theme, window, handlers([]))
    actions.load_icons()
    for name, action in actions.table.items():
        assert action.icon, name
        assert not actions.q[name].icon().pixmap(16, 16).isNull(), name
