"""The line in which a stop is typed, with what it may be."""

from PySide6.QtCore import QEvent, QObject, QStringListModel, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView, QWidget

from eqxviz.session.debugging.wording import completions
from eqxviz.session.session import Session

_MOST_SHOWN = 10


class StopField(QLineEdit):
    """Takes any kind of stop: curves, functions and the script's lines are offered.

    Tab takes what is offered, and Return what is written.
    """

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._choices = QStringListModel(self)
        completer = QCompleter(self._choices, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setMaxVisibleItems(_MOST_SHOWN)
        self.setCompleter(completer)
        self._popup = QListView(self)
        completer.setPopup(self._popup)
        self._popup.installEventFilter(self)
        self.textEdited.connect(lambda _text: self._renew())
        self.setPlaceholderText("loss > 10, nan, train.py:41, a function")

    def _renew(self) -> None:
        """Offer what the run has now."""
        session = self._session
        known = completions(session.run, session.debugging.of_script.script)
        if known != self._choices.stringList():
            self._choices.setStringList(known)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        popup = self._popup
        is_tab = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Tab
        if watched is popup and is_tab and event.type() == QEvent.Type.KeyPress:
            at = popup.currentIndex()
            chosen = at if at.isValid() else popup.model().index(0, 0)
            self.setText(str(chosen.data()))
            popup.hide()
            return True
        return super().eventFilter(watched, event)
