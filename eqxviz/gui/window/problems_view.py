"""All problems of the session, the newest on top, and the check that finds more of them."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import ProblemCard, StateStack
from eqxviz.gui.window.check_strip import CheckStrip
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session

if TYPE_CHECKING:
    from eqxviz.records import Problem

_MAX_CARDS = 50
_NONE = "No problems"
_WHAT_FOR = (
    "What goes wrong is listed here, with the line, the reason and what to do. A check runs the "
    "script for a few steps, and looks for mistakes."
)
_CLEAN = "What the script did until it was stopped was judged, and nothing that it does later."
_BLIND = "Nothing was seen of the script that mistakes could be found in."
_LOOKING = (
    "The script runs in a process of its own until each of its jitted functions was called three "
    "times, and a second more; then it is stopped. What it prints is not shown, and the run is not "
    "kept."
)


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
        self._check: QAction | None = None
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
            title=_NONE,
            text=_WHAT_FOR,
            can_cancel=False,
            parent=self,
        )
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        self.strip = CheckStrip(session, theme, self)
        self.strip.filter_changed.connect(self._filter)
        whole.addWidget(self.strip)
        whole.addWidget(self.stack, 1)
        session.check_changed.connect(self._show_state)
        session.problem_seen.connect(self._on_problem_seen)
        session.problem_gone.connect(self._on_problem_gone)
        self.destroyed.connect(lambda: _disconnect(session, self))
        for problem in session.problems:
            self._on_problem_seen(problem)
        self._show_count()

    def use_action(self, check: QAction) -> None:
        """Offer `check` where there is nothing to show."""
        self._check = check
        self._show_state()

    def _on_problem_seen(self, problem: "Problem") -> None:
        excerpt = self._session.checking.excerpts.get(id(problem), ())
        card = ProblemCard(self._theme, problem, can_dismiss=True, excerpt=excerpt, parent=self)
        card.setVisible(problem.severity.value in self.strip.shown)
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

    def _filter(self) -> None:
        for card in self.cards:
            card.setVisible(card.problem.severity.value in self.strip.shown)

    def _show_count(self) -> None:
        self._show_state()
        self.counted.emit(len(self._session.problems))

    def _show_state(self) -> None:
        check = self._session.checking
        self.strip.refresh(has_cards=bool(self.cards))
        self.stack.set_action(None if check.state != "none" else self._check)
        if self.cards:
            self.stack.show_filled()
        elif check.is_live:
            self.stack.show_empty("Looking for problems", _LOOKING)
        elif check.report is not None:
            is_clean = check.report.is_clean
            title = "No problems found" if is_clean else "Nothing could be judged"
            self.stack.show_empty(title, _CLEAN if is_clean else _BLIND)
        else:
            self.stack.show_empty(_NONE, _WHAT_FOR)


def _disconnect(session: Session, view: ProblemsView) -> None:
    session.check_changed.disconnect(view._show_state, missing_ok=True)
    session.problem_seen.disconnect(view._on_problem_seen, missing_ok=True)
    session.problem_gone.disconnect(view._on_problem_gone, missing_ok=True)
