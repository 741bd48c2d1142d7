"""The four states of a view: empty, working, filled, failed."""

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets.empty_state import EmptyState
from eqxviz.gui.widgets.problem_card import ProblemCard
from eqxviz.gui.widgets.thin_bar import ThinBar

if TYPE_CHECKING:
    from eqxviz.records import Problem

ViewState = Literal["empty", "working", "filled", "failed"]

BAR_AFTER_MS = 200
WORDS_AFTER_MS = 2000
_CARD_WIDTH = 620


class StateStack(QWidget):
    """Shows `content`, or says why there is none.

    Work that ends within 200 ms shows nothing of itself; then a thin bar appears, after 2 s what
    is being done, with Cancel. Content that was there before stays meanwhile; an invitation to fill
    the view, or an old problem, goes.

    Signals:
        cancelled: Cancel was pressed while working.
        retried: Retry was pressed on the problem card.
        place_clicked: File and line, from the problem card.
    """

    cancelled = Signal()
    retried = Signal()
    place_clicked = Signal(str, int)

    def __init__(
        self,
        theme: Theme,
        content: QWidget,
        *,
        icon: str,
        title: str,
        text: str,
        action: QAction | None = None,
        can_cancel: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._state: ViewState = "empty"
        self._content = content
        self._empty = EmptyState(
            theme, icon=icon, title=title, text=text, action=action, parent=self
        )
        self._failed = QScrollArea(self)
        self._failed.setWidgetResizable(True)
        self._failed.setFrameShape(QFrame.Shape.NoFrame)
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)
        self._blank = QWidget(self)
        for page in (self._empty, content, self._failed, self._blank):
            self._stack.addWidget(page)
        self._bar = ThinBar(theme, self)
        self._words = _WorkingCard(theme, can_cancel, self)
        self._words.cancelled.connect(self.cancelled)
        self._words.installEventFilter(self)
        self._bar_timer = self._timer(BAR_AFTER_MS, self._on_bar_due)
        self._words_timer = self._timer(WORDS_AFTER_MS, self._on_words_due)
        self._quieten()

    @property
    def state(self) -> ViewState:
        """Which of the four states is shown."""
        return self._state

    @property
    def content(self) -> QWidget:
        """The widget that is shown when filled."""
        return self._content

    @property
    def problem_card(self) -> ProblemCard | None:
        """The card that is shown when failed."""
        return self._failed.findChild(ProblemCard) if self._state == "failed" else None

    def set_action(self, action: QAction | None) -> None:
        """Offer `action` as the one button of the empty state."""
        self._empty.set_action(action)

    def show_empty(self, title: str = "", text: str = "") -> None:
        """Say what the view is for; with texts, replace what it said."""
        if title or text:
            self._empty.set_text(title, text)
        self._enter("empty", self._empty)

    def show_working(self, what: str, *, is_other: bool = False) -> None:
        """Work has begun: `what` is said if it takes long ("Tracing make_step").

        With `is_other` it is about something else than what is shown, which goes at once.
        """
        self._words.set_text(what)
        if is_other:
            self._stack.setCurrentWidget(self._blank)
        if self._state == "working":
            return
        self._state = "working"
        self._bar_timer.start()
        self._words_timer.start()

    def show_filled(self) -> None:
        """Show the content."""
        self._enter("filled", self._content)

    def show_failed(self, problem: "Problem", *, can_retry: bool = True) -> None:
        """Show `problem` in place of the content."""
        page = QWidget()
        page.setProperty("surface", "base")
        layout = QVBoxLayout(page)
        layout.setContentsMargins(24, 24, 24, 24)
        card = ProblemCard(self._theme, problem, can_retry=can_retry, parent=page)
        card.setMaximumWidth(_CARD_WIDTH)
        card.retried.connect(self.retried)
        card.place_clicked.connect(self.place_clicked)
        layout.addWidget(card)
        layout.addStretch(1)
        self._failed.setWidget(page)
        self._enter("failed", self._failed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_overlays()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._place_overlays()
        return super().eventFilter(watched, event)

    def _enter(self, state: ViewState, page: QWidget) -> None:
        self._state = state
        self._quieten()
        self._stack.setCurrentWidget(page)

    def _quieten(self) -> None:
        self._bar_timer.stop()
        self._words_timer.stop()
        self._bar.hide()
        self._words.hide()

    def _timer(self, after_ms: int, due: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(after_ms)
        timer.timeout.connect(due)
        return timer

    def _on_bar_due(self) -> None:
        if self._stack.currentWidget() is not self._content:
            self._stack.setCurrentWidget(self._blank)
        self._bar.show()
        self._bar.raise_()
        self._place_overlays()

    def _on_words_due(self) -> None:
        self._words.show()
        self._words.raise_()
        self._place_overlays()

    def _place_overlays(self) -> None:
        self._bar.setGeometry(0, 0, self.width(), self._bar.height())
        self._words.adjustSize()
        width = min(self._words.width(), max(0, self.width() - 16))
        height, room = self._words.height(), self.height()
        is_alone = self._stack.currentWidget() is self._blank
        top = (room - height) // 2 if is_alone else max(8, room - height - 24)
        self._words.setGeometry((self.width() - width) // 2, top, width, height)


class _WorkingCard(QFrame):
    """What is being done, and Cancel."""

    cancelled = Signal()

    def __init__(self, theme: Theme, can_cancel: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("surface", "card")
        self._text = QLabel(self)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 8 if can_cancel else 14, 8)
        row.setSpacing(12)
        row.addWidget(self._text)
        if can_cancel:
            button = QPushButton("Cancel", self)
            button.clicked.connect(self.cancelled)
            row.addWidget(button)

    def set_text(self, text: str) -> None:
        self._text.setText(text)
        self.setAccessibleName(text)
