"""The docks: remembered for each kind of work."""

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDockWidget

from eqxviz.gui.settings import LAYOUT_INSPECT, Settings
from eqxviz.gui.theme import Theme
from eqxviz.gui.window.main_window import MainWindow
from eqxviz.session.session import Session
from tests.gui.shown import make_tree, show_model, show_run
from tests.session.debugging.stand_in import RunState, begin, pause, tell


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


def test_a_window_that_is_destroyed_as_it_is_seen_says_nothing_of_its_docks(
    qtbot, session: Session, theme: Theme, settings: Settings
):
    window = MainWindow(session, theme, settings)
    with qtbot.waitSignal(window.first_painted):
        window.show()
    show_run(session)
    qtbot.waitUntil(lambda: window.docks.work == "watch")
    session.close(leave_run=False)
    with qtbot.captureExceptions() as raised:
        shiboken6.delete(window)
    assert not raised


def is_beside(one: QDockWidget, other: QDockWidget) -> bool:
    """Whether both are seen, side by side."""
    docks = (one, other)
    are_seen = all(dock.isVisible() and not dock.visibleRegion().isEmpty() for dock in docks)
    return are_seen and one.y() < other.geometry().bottom() and one.geometry().right() < other.x()


def test_debugging_has_all_the_width_below_and_the_console_beside_the_debugger(
    qtbot, window: MainWindow, session: Session
):
    docks = window.docks.docks
    window.resize(1360, 860)
    show_run(session)
    qtbot.waitUntil(lambda: window.docks.work == "watch")
    window.docks.begin("debug")
    window.docks.show("debugger")
    qtbot.waitUntil(lambda: is_beside(docks["debugger"], docks["console"]))
    assert docks["debugger"].x() == 0
    assert docks["debugger"].width() > 2 * docks["console"].width()
    docks["console"].close()
    window.docks.begin("run")
    assert docks["console"].isVisible()
    qtbot.waitUntil(lambda: docks["debugger"].x() > 0)
    window.docks.begin("debug")
    assert not docks["console"].isVisible()
    qtbot.waitUntil(lambda: docks["debugger"].x() == 0)
    window.actions_table.q["view.reset"].trigger()
    qtbot.waitUntil(lambda: is_beside(docks["debugger"], docks["console"]))


def test_a_run_that_meets_a_stop_is_debugged_until_another_run_begins(
    qtbot, window: MainWindow, session: Session
):
    begin(session)
    qtbot.waitUntil(lambda: window.docks.work == "watch")
    pause(session)  # the user asked for it
    assert window.docks.work == "watch"
    tell(session, RunState.RUNNING)
    pause(session, stop=1)
    assert window.docks.work == "debug"
    debugger = window.docks.docks["debugger"]
    qtbot.waitUntil(lambda: not debugger.visibleRegion().isEmpty())
    tell(session, RunState.RUNNING)
    assert window.docks.work == "debug"
    begin(session)
    qtbot.waitUntil(lambda: window.docks.work == "watch")


def test_in_a_low_window_what_is_below_keeps_its_height_whatever_view_is_there(
    qtbot, window: MainWindow, session: Session
):
    docks = window.docks.docks
    window.resize(1000, 700)
    show_run(session)
    qtbot.waitUntil(lambda: window.docks.work == "watch")
    for name in ("filter", "compare", "dynamics", "values"):
        window.show_view(name)
    window.docks.begin("debug")
    window.docks.show("debugger")
    qtbot.waitUntil(lambda: docks["debugger"].height() >= 170)
    assert window.height() == 700


def test_in_a_narrow_window_the_console_is_a_tab_beside_the_debugger(
    qtbot, window: MainWindow, session: Session
):
    docks = window.docks.docks
    window.resize(1000, 700)
    show_run(session)
    qtbot.waitUntil(lambda: window.docks.work == "watch")
    window.docks.begin("debug")
    window.docks.show("debugger")
    qtbot.waitUntil(lambda: docks["debugger"].width() == 1000)
    assert docks["console"] in window.tabifiedDockWidgets(docks["debugger"])
    assert docks["console"].visibleRegion().isEmpty()


def float_output(docks: dict[str, QDockWidget]) -> None:
    docks["output"].setFloating(True)


def close_details(docks: dict[str, QDockWidget]) -> None:
    docks["details"].close()


@pytest.mark.parametrize("arrange", [float_output, close_details])
def test_the_first_debugging_moves_nothing_that_was_arranged_by_hand(
    qtbot, window: MainWindow, session: Session, arrange
):
    docks = window.docks.docks
    window.resize(1360, 860)
    show_run(session)
    qtbot.waitUntil(lambda: window.docks.work == "watch")
    arrange(docks)
    before = {name: (dock.isFloating(), dock.isHidden()) for name, dock in docks.items()}
    window.docks.begin("debug")
    now = {name: (dock.isFloating(), dock.isHidden()) for name, dock in docks.items()}
    assert now == before
    assert window.docks.work == "debug"


def test_another_layout_takes_the_keyboard_from_nobody(qtbot, window: MainWindow, session: Session):
    show_run(session)
    qtbot.waitUntil(lambda: window.docks.work == "watch")
    window.show_view("debugger")
    field = window.place("debugger").view.stops.field
    field.setFocus()
    window.docks.begin("debug")
    assert window.focusWidget() is field


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


def test_what_a_check_finds_has_room_for_a_whole_card(qtbot, window: MainWindow, session: Session):
    show_model(session, make_tree())
    qtbot.waitUntil(lambda: window.docks.work == "inspect")
    window.docks.show("problems")
    problems = window.docks.docks["problems"]
    window.docks.make_room("problems", 0.45)
    qtbot.waitUntil(lambda: problems.height() >= 0.4 * window.height())
    before = problems.height()
    window.docks.make_room("problems", 0.2)
    assert problems.height() == before


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


@pytest.mark.parametrize("work", ["learn", "learn narrow"])
def test_the_layouts_of_a_lesson_show_its_text_and_its_script(window: MainWindow, work):
    window.docks.begin(work)
    shown = {view for view, dock in window.docks.docks.items() if not dock.isHidden()}
    assert {"lesson", "script"} <= shown
    assert not shown & {"tree", "details", "debugger"}
    window.docks.begin("inspect")
    assert window.docks.docks["lesson"].isHidden()
    assert not window.centre.isHidden()


def test_in_a_narrow_window_tree_and_output_share_the_height_below_the_script(window: MainWindow):
    window.resize(1000, 700)
    window.docks.begin("learn narrow")
    window.centre.hide()
    window.docks.docks["tree"].show()
    window.docks.arrange_lesson()
    window.layout().activate()
    places = [window.docks.docks[view].geometry() for view in ("script", "tree", "output")]
    assert places[0].bottom() < places[1].top() < places[1].bottom() < places[2].top()
    assert places[1].height() > places[2].height()
    window.centre.show()
    window.docks.arrange_lesson()
    area = window.dockWidgetArea(window.docks.docks["script"])
    assert area == Qt.DockWidgetArea.TopDockWidgetArea
