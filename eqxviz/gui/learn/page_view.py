"""One page of a lesson: its text, and with an exercise its hints, its solution and the verdict."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from eqxviz.gui.learn.cards import hint_card, question_card, solution_card, verdict_card
from eqxviz.gui.learn.markdown_text import MarkdownText
from eqxviz.gui.learn.page_strip import PageSign, PageStrip
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import KeyButton, ThinBar, tab_in_turn
from eqxviz.session.session import Session

_MARGIN = 16
_LINE = 40  # pixels that an arrow key scrolls
_BUTTONS = {
    "check": "Check",
    "hint": "Hint",
    "solution": "Solution",
    "previous": "Previous",
    "next": "Next",
}


class PageView(QWidget):
    """The page that the session's lessons show.

    Signals:
        line_wanted: A line of the script that a problem names was clicked.
    """

    line_wanted = Signal(int)

    def __init__(self, session: Session, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._learning = session.learning
        self._help: list[object] = []  # what the cards of the help were made of
        self._verdict: object = None
        self.title = KeyButton(theme, "", self, kind="quiet")
        self.strip = PageStrip(theme, self)
        self.strip.chosen.connect(lambda index: self._learning.show_page(index))  # noqa: PLW0108 - made later
        self.eyebrow = _label(self, "small", "faint")
        self.heading = _label(self, "title", "")
        self.heading.setWordWrap(True)
        self.text = MarkdownText(theme, self)
        self.reading = _Reading(self)
        # By the name of the action.
        self.buttons = {name: KeyButton(theme, words, self) for name, words in _BUTTONS.items()}
        self._bar = ThinBar(theme, self)
        self._bar.hide()
        self._cards = QVBoxLayout()
        self._verdicts = QVBoxLayout()
        self._exercise_row = QWidget(self)
        self._compose()
        self._follow()

    def use_actions(self, actions: Mapping[str, QAction]) -> None:
        """Let the buttons trigger the actions of lessons."""
        self.title.act(actions["learn.contents"])
        for name, button in self.buttons.items():
            button.act(actions[f"learn.{name}"])

    def focus_text(self) -> None:
        """Give the text the keyboard."""
        self.reading.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _compose(self) -> None:
        inner = QWidget(self.reading)
        inner.setProperty("surface", "base")
        column = QVBoxLayout(inner)
        column.setContentsMargins(_MARGIN, 10, _MARGIN, 14)
        column.setSpacing(0)
        for layout in (self._cards, self._verdicts):
            layout.setSpacing(10)
        for widget, space in ((self.eyebrow, 3), (self.heading, 10), (self.text, 10)):
            column.addWidget(widget)
            column.addSpacing(space)
        for layout in (self._verdicts, self._cards):
            column.addLayout(layout)
            column.addSpacing(10)
        column.addStretch(1)
        self.reading.setWidget(inner)
        head = QHBoxLayout()
        head.setContentsMargins(_MARGIN - 12, 4, _MARGIN, 0)
        head.addWidget(self.title)
        head.addStretch(1)
        row = QHBoxLayout(self._exercise_row)
        row.setContentsMargins(_MARGIN, 0, _MARGIN, 8)
        turning = QHBoxLayout()
        turning.setContentsMargins(_MARGIN, 0, _MARGIN, 10)
        for layout, names in (
            (row, ("check", "hint", "solution")),
            (turning, ("previous", "next")),
        ):
            layout.setSpacing(6)
            for name in names:
                layout.addWidget(self.buttons[name], 1)
        strip = QHBoxLayout()
        strip.setContentsMargins(_MARGIN, 0, _MARGIN, 4)
        strip.addWidget(self.strip)
        edge = QFrame(self)
        edge.setProperty("surface", "line")
        edge.setFixedHeight(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(head)
        whole.addLayout(strip)
        whole.addWidget(self.reading, 1)
        whole.addWidget(self._bar)
        whole.addWidget(edge)
        whole.addSpacing(8)
        whole.addWidget(self._exercise_row)
        whole.addLayout(turning)
        self._order_tabs()

    def _follow(self) -> None:
        learning = self._learning
        connections: tuple[tuple[object, Callable[[], None]], ...] = (
            (learning.changed, self._show_progress),
            (learning.page_shown, self._show_page),
            (learning.judging.changed, self._show_verdict),
        )
        for signal, slot in connections:
            signal.connect(slot)  # type: ignore[attr-defined]  # psygnal
        self.destroyed.connect(lambda: _disconnect(connections))
        self._show_page()

    def _show_page(self) -> None:
        page, lesson = self._learning.page, self._learning.lesson
        if page is None or lesson is None:
            return
        self.title.say(f"≡  {lesson.title}")
        self.heading.setText(page.heading)
        self.text.show_markdown(page.text, lesson.folder)
        self.reading.setAccessibleName(f"{page.heading}. {page.text}")
        self.reading.verticalScrollBar().setValue(0)
        self._show_progress()
        self._show_verdict()

    def _show_progress(self) -> None:
        learning = self._learning
        current, page = learning.current, learning.page
        if current is None or page is None:
            return
        pages, index = current.lesson.pages, learning.page_index
        marks = [learning.mark(current, i) for i in range(len(pages))]
        signs = [
            PageSign(each.heading, mark, each.exercise is not None)
            for each, mark in zip(pages, marks, strict=True)
        ]
        self.strip.show_pages(signs, index)
        exercise = page.exercise
        place = f"Page {index + 1} of {len(pages)}"
        solved = ", solved" if marks[index] == "solved" else ""
        self.eyebrow.setText(f"{place} · Exercise{solved}" if exercise is not None else place)
        self._exercise_row.setVisible(exercise is not None)
        is_last = index == len(pages) - 1
        self.buttons["next"].say("Next lesson" if is_last and learning.can_turn(1) else "Next")
        is_done = exercise is None or marks[index] == "solved"
        self.buttons["next"].set_kind("primary" if is_done else "")
        self.buttons["check"].set_kind("" if is_done else "primary")
        if exercise is not None:
            n_hints = len(exercise.hints)
            self.buttons["hint"].say(f"Hint {n_hints - learning.help.n_hints_left}/{n_hints}")
        self._show_help()

    def _show_help(self) -> None:
        """Show the cards of the help that there is by now."""
        learning, theme = self._learning, self._theme
        help_, exercise = learning.help, learning.exercise
        made_of = [exercise, help_.hints, help_.asks_for_solution, help_.solution]
        if made_of == self._help:
            return
        is_same = bool(self._help) and self._help[0] is exercise
        self._help = made_of
        self.reading.reveal(None)  # what was may be among these
        _clear(self._cards)
        if exercise is None:
            return
        for i, hint in enumerate(help_.hints, start=1):
            self._cards.addWidget(hint_card(theme, i, len(exercise.hints), hint, self))
        if help_.asks_for_solution:
            card = question_card(theme, help_.show_solution, help_.keep_trying, self)
            self._cards.addWidget(card)
        elif help_.solution:
            put, hide = help_.put_solution, help_.keep_trying
            self._cards.addWidget(solution_card(theme, help_.solution, put, hide, self))
        self._order_tabs()
        if is_same:
            self._reveal(self._cards)

    def _show_verdict(self) -> None:
        judging = self._learning.judging
        self._bar.setVisible(judging.is_checking)
        self.buttons["check"].say("Stop" if judging.is_checking else "Check")
        if judging.verdict is self._verdict and self._learning.exercise is not None:
            return
        self._verdict = judging.verdict
        self.reading.reveal(None)
        _clear(self._verdicts)
        if judging.verdict is None:
            return
        script = str(self._learning.desk.path)
        card = verdict_card(self._theme, judging.verdict, script, self.line_wanted.emit, self)
        self._verdicts.addWidget(card)
        self._order_tabs()
        self._reveal(self._verdicts)

    def _order_tabs(self) -> None:
        """Let Tab go through the cards after the text, and then to the buttons."""
        layouts = (self._verdicts, self._cards)
        items = [layout.itemAt(i) for layout in layouts for i in range(layout.count())]
        cards = [item.widget() for item in items if item is not None]
        head = (self.title, self.strip, self.reading)
        tab_in_turn(*head, *filter(None, cards), *self.buttons.values())

    def _reveal(self, layout: QVBoxLayout) -> None:
        """Scroll to the last card of `layout`, once it has its place."""
        item = layout.itemAt(layout.count() - 1)
        widget = item.widget() if item is not None else None
        if widget is not None:
            self.reading.reveal(widget)


class _Reading(QScrollArea):
    """The text with its cards; the arrow keys scroll, and nothing in it needs more width."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._revealed: QWidget | None = None  # what is to be seen, until the user scrolls
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("focus", "framed")
        bar = self.verticalScrollBar()
        bar.setSingleStep(_LINE)
        bar.actionTriggered.connect(lambda _action: self.reveal(None))
        # A card has its height only after some turns of the layout.
        bar.rangeChanged.connect(lambda _least, _most: self._follow())

    def reveal(self, widget: QWidget | None) -> None:
        """Scroll so that `widget` is seen, its head first where it is tall; None: leave that."""
        self._revealed = widget
        self._follow()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.reveal(None)
        super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.reveal(None)
        bar = self.verticalScrollBar()
        ends = {Qt.Key.Key_Home: bar.minimum(), Qt.Key.Key_End: bar.maximum()}
        if Qt.Key(event.key()) in ends:
            bar.setValue(ends[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _follow(self) -> None:
        if self._revealed is None:
            return
        bar, top = self.verticalScrollBar(), self._revealed.pos().y()
        bottom = top + self._revealed.height() + 12
        if bottom > bar.value() + self.viewport().height():
            bar.setValue(min(top - 8, bottom - self.viewport().height()))
        elif top < bar.value():
            bar.setValue(top - 8)


def _label(parent: QWidget, face: str, tone: str) -> QLabel:
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("face", face)
    label.setProperty("tone", tone)
    return label


def _clear(layout: QVBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()


def _disconnect(connections: "tuple[tuple[object, Callable[[], None]], ...]") -> None:
    for signal, slot in connections:
        signal.disconnect(slot, missing_ok=True)  # type: ignore[attr-defined]  # psygnal
