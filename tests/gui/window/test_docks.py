"""The docks: remembered for each kind of work."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from eqxviz.gui.settings import LAYOUT_INSPECT, Settings
from eqxviz.gui.window.main_window import MainWindow
from eqxviz.session.session import Session
from tests.gui.shown import make_tree, show_model, show_run


def test_each_kind_of_work_keeps_its_own_layout(qtbot, window: MainWindow, session: Session):
    docks = window.docks
    show_model(session, make_tree())
    qtbot.waitUntil(lambda: docks.work == "inspect")
    docks.docks["details"].close()
    show_run(session)
    qtbot.waitUntil(lambda: docks.work == "run")
    assert docks.docks["tree"].isVisible()
    assert docks.docks["details"].isVisible()
    docks.begin("inspect")
    assert not docks.docks["details"].isVisible()
    assert not docks.docks["output"].isVisible()


def test_a_layout_outlives_the_window(
    qtbot, window: MainWindow, session: Session, settings: Settings
):
    show_model(session, make_tree())
    qtbot.waitUntil(lambda: window.docks.work == "inspect")
    window.docks.docks["details"].close()
    window.close()
    later = MainWindow(session, window.theme, settings)
    qtbot.addWidget(later)
    later.docks.begin("inspect")
    later.show()
    assert later.docks.docks["tree"].isVisible()
    assert not later.docks.docks["details"].isVisible()
    later.finish(leave_run=False)


def test_the_layout_can_be_reset(qtbot, window: MainWindow, session: Session):
    show_model(session, make_tree())
    qtbot.waitUntil(lambda: window.docks.work == "inspect")
    window.docks.docks["tree"].setFloating(True)
    window.docks.docks["details"].close()
    window.actions_table.q["view.reset"].trigger()
    assert not window.docks.docks["tree"].isFloating()
    assert window.docks.docks["details"].isVisible()


def test_a_layout_that_cannot_be_read_is_the_first_one(
    qtbot, window: MainWindow, session: Session, settings: Settings
):
    settings[LAYOUT_INSPECT] = "bm90IGEgbGF5b3V0"
    show_model(session, make_tree())
    qtbot.waitUntil(lambda: window.docks.work == "inspect")
    assert window.docks.docks["tree"].isVisible()


def test_a_dock_with_a_tab_has_no_second_title(qtbot, window: MainWindow, session: Session):
    show_run(session)
    qtbot.waitUntil(lambda: window.docks.work == "watch")
    assert window.docks.title("output").height() == 0
    assert window.docks.title("details").height() > 0
    window.docks.docks["output"].setFloating(True)
    qtbot.waitUntil(lambda: window.docks.title("output").height() > 0)


def test_the_problems_come_to_the_front_on_demand(qtbot, window: MainWindow, session: Session):
    show_model(session, make_tree())
    qtbot.waitUntil(lambda: window.docks.work == "inspect")
    window.actions_table.q["view.problems"].trigger()
    assert window.docks.docks["problems"].isVisible()


def test_a_run_without_a_model_has_no_empty_tree_beside_it(
    qtbot, window: MainWindow, session: Session
):
    show_run(session)
    qtbot.waitUntil(lambda: window.docks.work == "watch")
    assert not window.docks.docks["tree"].isVisible()
    assert window.docks.docks["output"].isVisible()


def test_in_a_small_window_the_tree_shows_values_and_each_view_has_room(
    qtbot, window: MainWindow, session: Session
):
    docks = window.docks.docks
    window.resize(900, 600)
    show_model(session, make_tree())
    qtbot.waitUntil(lambda: docks["tree"].isVisible())
    for name in ("details", "values", "filter", "compare"):
        window.show_view(name)
    qtbot.waitUntil(lambda: docks["tree"].width() < 300)
    assert window.width() == 900
    assert docks["tree"].width() >= 250
    assert docks["details"].width() >= 230


def test_docks_have_their_width_back_when_the_window_is_wide_again(
    qtbot, window: MainWindow, session: Session
):
    docks = window.docks.docks
    window.resize(1360, 800)
    show_model(session, make_tree())
    qtbot.waitUntil(lambda: docks["tree"].isVisible() and docks["tree"].width() == 400)
    window.resize(900, 600)
    qtbot.waitUntil(lambda: docks["tree"].width() < 300)
    window.resize(1360, 800)
    qtbot.waitUntil(lambda: docks["tree"].width() == 400)
    assert docks["details"].width() == 290


def test_docks_below_have_their_height_back_when_the_window_is_high_again(
    qtbot, window: MainWindow, session: Session
):
    docks = window.docks.docks
    window.resize(1360, 860)
    show_run(session)
    qtbot.waitUntil(lambda: docks["output"].height() > 150)
    at_first = docks["output"].height()
    window.resize(1360, 430)
    qtbot.waitUntil(lambda: docks["output"].height() < at_first)
    docks["system"].raise_()
    window.resize(1360, 860)
    qtbot.waitUntil(lambda: docks["system"].height() == at_first)


def test_a_height_that_was_chosen_by_hand_is_that_of_every_tab(
    qtbot, window: MainWindow, session: Session, monkeypatch
):
    docks = window.docks.docks
    window.resize(1360, 860)
    show_run(session)
    qtbot.waitUntil(lambda: docks["output"].height() > 150)
    pressed = [Qt.MouseButton.LeftButton]
    monkeypatch.setattr(QApplication, "mouseButtons", lambda: pressed[0])
    window.resizeDocks([docks["output"]], [300], Qt.Orientation.Vertical)
    qtbot.waitUntil(lambda: docks["output"].height() > 260)
    by_hand = docks["output"].height()
    pressed[0] = Qt.MouseButton.NoButton
    window.resize(1360, 430)
    qtbot.waitUntil(lambda: docks["output"].height() < by_hand)
    pressed[0] = Qt.MouseButton.LeftButton  # on its tab
    docks["system"].raise_()
    qtbot.waitUntil(lambda: not docks["system"].visibleRegion().isEmpty())
    pressed[0] = Qt.MouseButton.NoButton
    window.resize(1360, 860)
    qtbot.waitUntil(lambda: docks["system"].height() == by_hand)


def test_tab_passes_by_docks_that_are_behind_others(qtbot, window: MainWindow, session: Session):
    show_run(session, n_points=3)
    window.show_view("curves")
    window.docks.begin("run")
    for view in ("problems", "system", "output"):
        window.show_view(view)
    qtbot.waitUntil(lambda: window.docks.is_unseen(window.place("system")))
    start = window.centre.tabs.tabBar()
    start.setFocus()
    seen = []
    while (focused := window.focusWidget()) is not None and focused not in seen:
        seen.append(focused)
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    assert len(seen) > 10
    assert not [widget for widget in seen if window.docks.is_unseen(widget)]
    names = [widget.accessibleName() for widget in seen]
    assert "Close Details" in names
    assert "Close System" not in names
    assert "Docks" in names
