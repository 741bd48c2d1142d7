"""What a lesson says: the page that is shown, or the list of all lessons."""

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QStackedWidget, QWidget

from eqxviz.gui.learn.contents import Contents
from eqxviz.gui.learn.page_view import PageView
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import hand_focus_on
from eqxviz.session.learning.shelf import ShelvedLesson
from eqxviz.session.session import Session


class LessonView(QStackedWidget):
    """A page of a lesson, or the contents.

    Signals:
        line_wanted: A line of the script that a problem names was clicked.
    """

    line_wanted = Signal(int)

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._learning = session.learning
        self.page = PageView(session, theme, self)
        self.page.line_wanted.connect(self.line_wanted)
        self.contents = Contents(session, theme, self)
        self.contents.chosen.connect(self._on_chosen)
        self.contents.left.connect(self.show_page)
        for widget in (self.page, self.contents):
            self.addWidget(widget)
        hand_focus_on(self, self._focused)
        self._learning.changed.connect(self._on_changed)
        learning = self._learning
        self.destroyed.connect(lambda: _disconnect(learning, self))

    def use_actions(self, actions: Mapping[str, QAction]) -> None:
        """Let the buttons trigger the actions of lessons."""
        self.page.use_actions(actions)

    @property
    def shows_contents(self) -> bool:
        """Whether the list of lessons is shown."""
        return self.currentWidget() is self.contents

    def switch_contents(self) -> None:
        """Show the list of all lessons, or the page again."""
        if self.shows_contents:
            self.show_page()
        else:
            self.contents.fill()
            self.setCurrentWidget(self.contents)
            self.contents.setFocus()

    def show_page(self) -> None:
        """Show the page, if there is one, and give its text the keyboard."""
        if self._learning.page is not None:
            self.setCurrentWidget(self.page)
            self.page.focus_text()

    def _focused(self) -> QWidget:
        return self.contents.tree if self.shows_contents else self.page.reading

    def _on_chosen(self, lesson: ShelvedLesson, index: int) -> None:
        if index < 0:
            self._learning.begin(lesson.key)
        else:
            self._learning.show_page(index, lesson)
        self.show_page()

    def _on_changed(self) -> None:
        if self.shows_contents:
            self.contents.fill()


def _disconnect(learning: object, view: LessonView) -> None:
    learning.changed.disconnect(view._on_changed, missing_ok=True)  # type: ignore[attr-defined]
