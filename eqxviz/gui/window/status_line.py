"""The line at the foot of the window: what is selected, what is being done, how many problems."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QSizePolicy, QStatusBar, QWidget

from eqxviz.gui.actions import Actions
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import ElidedLabel
from eqxviz.gui.window.progress_bars import ProgressBars
from eqxviz.session import formatting
from eqxviz.session.headline import selection_text
from eqxviz.session.session import Session

if TYPE_CHECKING:
    from eqxviz.records import ModelTree

_MESSAGE_MS = 8000


class StatusLine(QStatusBar):
    """Small words that nobody has to read."""

    def __init__(self, session: Session, theme: Theme, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._counted: ModelTree | None = None  # whose parameters are counted in words
        self._parameters = ""
        self.setSizeGripEnabled(False)
        small = theme.font("small")
        self.words = ElidedLabel("", self)
        self.words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.totals = ElidedLabel("", self)
        self.problems = QPushButton("", self)
        self.problems.setProperty("kind", "status")
        self.problems.setCursor(Qt.CursorShape.PointingHandCursor)
        self.problems.clicked.connect(actions.q["view.problems"].trigger)
        for label in (self.words, self.totals, self.problems):
            label.setFont(small)
            label.setProperty("tone", "faint")
        self.words.setContentsMargins(8, 0, 0, 0)
        self.totals.setContentsMargins(0, 0, 8, 0)
        self.progress = ProgressBars(session, theme, self)
        self.addWidget(self.words, 1)
        self.addPermanentWidget(self.progress)
        self.addPermanentWidget(self.totals)
        self.addPermanentWidget(self.problems)
        self.refresh()

    def say(self, words: str) -> None:
        """Say for a while what was done."""
        self.showMessage(words, _MESSAGE_MS)

    def say_written(self, path: Path, why_not: str) -> None:
        """Say for a while that a file was written, or why it was not."""
        name = path.name
        self.say(f"{name} was not written: {why_not}" if why_not else f"Wrote {name}")

    def refresh(self) -> None:
        """Say what holds now."""
        session = self._session
        doing = session.model_activity if session.model_state == "working" else ""
        current = session.graphs[session.current_graph] if session.graphs else None
        if not doing and current is not None and current.state == "working":
            doing = current.activity
        self.words.set_text(doing or selection_text(session))
        totals = ""
        if session.model is not None and session.model.tree.is_complete:
            tree = session.model.tree
            if tree is not self._counted:
                from eqxviz.session.listing import parameters_text  # it needs NumPy

                self._counted, self._parameters = tree, parameters_text(tree)
            totals = f"{self._parameters}  ·  {formatting.n_bytes(int(tree.n_bytes[0]))}"
        self.totals.set_text(totals)
        n_problems = len(session.problems)
        self.problems.setVisible(n_problems > 0)
        self.problems.setText(f"{n_problems} problem" + ("s" if n_problems != 1 else ""))

    def load_icons(self) -> None:
        """Draw the icon of the problems; to be called after the first paint."""
        self.problems.setIcon(self._theme.icon("mdi6.alert", "problem"))
