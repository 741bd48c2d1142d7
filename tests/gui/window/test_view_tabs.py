"""The tabs of the views: all of them at once, or those that fit and a menu that names the rest."""

from eqxviz.gui.window.centre import TABS
from eqxviz.gui.window.main_window import MainWindow

TITLES = [title for _name, title in TABS]


def shown(window: MainWindow) -> list[str]:
    tabs = window.centre.tabs
    return [tabs.tabText(at) for at in range(tabs.count()) if tabs.isTabVisible(at)]


def in_menu(window: MainWindow) -> list[str]:
    return [action.text() for action in window.centre.tabs.more.menu().actions()]


def test_all_views_have_a_tab_beside_the_docks_of_a_run(qtbot, window: MainWindow):
    window.resize(1360, 860)
    window.centre.show_tabs()
    window.docks.begin("run")
    window.centre.show_alarms("compile", 3, "compiled again")
    qtbot.waitUntil(lambda: window.centre.tabs.width() < 700)
    assert [title for title in shown(window) if title != "Compile 3"] == [
        title for title in TITLES if title != "Compile"
    ]
    assert not window.centre.tabs.more.isVisible()


def test_views_without_room_are_in_a_menu_and_come_to_the_front_from_there(qtbot, window):
    window.resize(1000, 700)
    window.centre.show_tabs()
    window.docks.begin("run")
    tabs = window.centre.tabs
    qtbot.waitUntil(tabs.more.isVisible)
    assert sorted(shown(window) + in_menu(window)) == sorted(TITLES)
    assert "Graph" in shown(window)
    sharing = next(a for a in tabs.more.menu().actions() if a.text() == "Sharing")
    sharing.trigger()
    assert window.centre.view_name == "sharing"
    assert "Sharing" in shown(window)
    assert "Sharing" not in in_menu(window)
    bar = tabs.tabBar()
    assert bar.sizeHint().width() <= tabs.width() - tabs.more.width()
