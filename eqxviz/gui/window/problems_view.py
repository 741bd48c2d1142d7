"""All problems of the session, the newest on top."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import ProblemCard, StateStack
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session

if TYPE_CHECKING:
    from eqxviz.records import Problem

_MAX_CARDS = 50


class ProblemsView(QWidget):
    """A card for each problem; dismissing a card takes the problem off the session's list.

    Signals:
        counted: How many problems there are now.
    """

    counted = Signal(int)

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self.cards: list[ProblemCard] = []
        page = QWidget(self)
        page.setProperty("surface", "base")
        self._column = QVBoxLayout(page)
        self._column.setContentsMargins(12, 10, 12, 12)
        self._column.setSpacing(8)
        self._column.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setAccessibleName("Problems")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(page)
        self.stack = StateStack(
            theme,
            scroll,
            icon="mdi6.check-circle-outline",
            title="No problems",
            text="What goes wrong is listed here, with the line, the reason and what to do.",
            can_cancel=False,
            parent=self,
        )
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)
        session.problem_seen.connect(self._on_problem_seen)
        session.problem_gone.connect(self._on_problem_gone)
        self.destroyed.connect(lambda: _disconnect(session, self))
        for problem in session.problems:
            self._on_problem_seen(problem)
        self._show_count()

    def _on_problem_seen(self, problem: "Problem") -> None:
        card = ProblemCard(self._theme, problem, can_dismiss=True, parent=self)
        card.place_clicked.connect(self._on_place_clicked)
        card.dismissed.connect(lambda: self._session.dismiss(problem))
        self.cards.insert(0, card)
        self._column.insertWidget(0, card)
        if len(self.cards) > _MAX_CARDS:
            self.cards.pop().deleteLater()
        self._show_count()

    def _on_problem_gone(self, problem: "Problem") -> None:
        for card in [card for card in self.cards if card.problem is problem]:
            self.cards.remove(card)
            card.deleteLater()
        self._show_count()

    def _on_place_clicked(self, file: str, line: int) -> None:
        self._session.select(Selection(kind="source", file=file, line=line))

    def _show_count(self) -> None:
        if self.cards:
            self.stack.show_filled()
        else:
            self.stack.show_empty()
        self.counted.emit(len(self._session.problems))


def _disconnect(session: Session, view: ProblemsView) -> None:
    session.problem_seen.disconnect(view._on_problem_seen, missing_ok=True)
    session.problem_gone.disconnect(view._on_problem_gone, missing_ok=True)
