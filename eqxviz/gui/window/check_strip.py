"""The line above the problems: the check that goes on or has ended, and which problems show."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import ElidedLabel, ThinBar
from eqxviz.session.session import Session

_ALL = ("error", "warning", "note")
_FILTERS = (
    ("All problems", _ALL),
    ("Errors and warnings", _ALL[:2]),
    ("Errors", _ALL[:1]),
)


class CheckStrip(QFrame):
    """Says what the check does or found; hidden where there was none and there are no problems.

    Signals:
        filter_changed: Other severities are to be shown.
    """

    filter_changed = Signal()

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.words = ElidedLabel("", self, elide=Qt.TextElideMode.ElideRight)
        self.words.setAccessibleName("The check")
        self.stop = self._button("Stop", "Stop the check, and judge what was seen so far")
        self.again = self._button("Check again", "Check for problems anew")
        self.severities = QComboBox(self)
        self.severities.setAccessibleName("Which problems are shown")
        for title, _ in _FILTERS:
            self.severities.addItem(title)
        self._bar = ThinBar(theme, self)
        row = QHBoxLayout()
        row.setContentsMargins(12, 6, 12, 4)
        row.setSpacing(8)
        row.addWidget(self.words, 1)
        for widget in (self.severities, self.again, self.stop):
            row.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self._bar)
        self.stop.clicked.connect(lambda: session.checking.stop())  # noqa: PLW0108 - made later
        self.again.clicked.connect(lambda: session.checking.start())  # noqa: PLW0108 - made later
        self.severities.currentIndexChanged.connect(lambda _index: self.filter_changed.emit())
        self.refresh(has_cards=False)

    @property
    def shown(self) -> tuple[str, ...]:
        """The severities that are to be shown."""
        return _FILTERS[self.severities.currentIndex()][1]

    def refresh(self, *, has_cards: bool) -> None:
        """Show the state of the check as it is now."""
        check = self._session.checking
        self.words.set_text(check.words)
        self.stop.setVisible(check.is_live)
        self.stop.setText("End it now" if check.state == "stopping" else "Stop")
        self.again.setVisible(check.state == "done" and check.can_start)
        self.severities.setVisible(has_cards)
        self._bar.setVisible(check.is_live)
        self.setVisible(check.state != "none" or has_cards)

    def _button(self, text: str, explanation: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(explanation)
        return button
