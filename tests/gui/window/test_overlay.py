"""What lies on the window for a moment: the keyboard stays in it, and what it says is seen."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

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
