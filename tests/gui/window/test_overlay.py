"""What lies on the window for a moment: the keyboard stays in it, and what it says is seen."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QLabel,
    QLineEdit,
    QMainWindow,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.theme import Theme
from eqxviz.gui.window.attach_form import AttachForm
from eqxviz.gui.window.overlay import Overlay
from eqxviz.session.session import Session
from tests.gui.shown import put_on_screen


@pytest.fixture
def behind(qtbot) -> QWidget:
    """A window with a line of its own."""
    behind = QWidget()
    QLineEdit(behind).setAccessibleName("behind")
    with qtbot.waitActive(behind):
        put_on_screen(qtbot, behind, 800, 500)
        behind.activateWindow()
    return behind


def test_tab_goes_around_in_what_lies_on_the_window(behind: QWidget):
    overlay = Overlay(behind, 300, closes_outside=False)
    column = QVBoxLayout(overlay)
    below = QPushButton("below", overlay)  # made first, and nevertheless reached last
    above = QPushButton("above", overlay)
    column.addWidget(above)
    column.addWidget(below)
    overlay.setFocusProxy(above)
    overlay.appear()
    for expected in (below, above, below):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is expected
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Backtab)
    assert QApplication.focusWidget() is above
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert overlay.isHidden()


def test_what_lies_on_the_window_stays_there_when_a_dock_comes_to_the_front(qtbot):
    window = QMainWindow()
    window.setCentralWidget(QWidget())
    docks = [QDockWidget(name, window) for name in ("output", "problems")]
    for dock in docks:
        window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
    window.tabifyDockWidget(*docks)
    put_on_screen(qtbot, window, 800, 300)
    overlays = [Overlay(window, width, closes_outside=False) for width in (600, 300)]
    for overlay in overlays:
        QVBoxLayout(overlay).addWidget(QPushButton("here", overlay))
        overlay.setMinimumHeight(200)
        overlay.appear()
    docks[0].raise_()
    window.centralWidget().raise_()
    at_the_side = overlays[0].geometry().bottomLeft() + QPoint(9, -9)
    center = overlays[1].geometry().center()

    def are_in_front() -> bool:
        is_first = overlays[1].isAncestorOf(window.childAt(center))
        return is_first and window.childAt(at_the_side) is overlays[0]

    qtbot.waitUntil(are_in_front)
    assert docks[1].visibleRegion().isEmpty()
    assert not docks[0].visibleRegion().isEmpty()
    assert [each for each in window.children() if each in overlays] == overlays
    late = QWidget(window)  # as Qt makes separators between docks
    late.setGeometry(window.rect())
    late.show()
    qtbot.waitUntil(are_in_front)
    for overlay in overlays:
        overlay.disappear()
    docks[1].raise_()
    QApplication.processEvents()
    assert window.children().index(docks[1]) > window.children().index(overlays[0])


def test_that_nothing_can_be_attached_to_is_said_in_full(
    behind: QWidget, session: Session, theme: Theme
):
    form = AttachForm(session, theme, behind)
    form.ask(())
    said = next(label for label in form.findChildren(QLabel) if "None that" in label.text())
    QApplication.processEvents()
    assert said.width() > form.width() / 2
    assert said.height() >= said.heightForWidth(said.width())
    form.close_session()
