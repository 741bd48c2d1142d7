"""Where a NaN or Inf comes from, over the graph: what was found, or why nothing could be."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.replay.working_line import WorkingLine
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import (
    ElidedLabel,
    FactCard,
    IconButton,
    LinkButton,
    MarkLabel,
    ProseLabel,
)
from eqxviz.records import Origin
from eqxviz.session.replaying.keeping import COST
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session

_MARGINS = 12, 6, 6, 8
_MOST_HIGH = 160  # pixels of facts; there is a bar to scroll what is more
_ROOM_FOR_WORDS = 480  # pixels: in a narrower card the buttons say it shorter
_SHORT = {
    "equation": "Equation",
    "values": "Inputs",
    "line": "Line",
    "again": "Keep and run again",
    "keep": "Keep calls",
}
_FOLD, _UNFOLD = "Show less", "Show all that was found"


class BlameCard(QFrame):
    """The NaN time machine's answer, with ways to the equation, its inputs and its line.

    Signals:
        link_clicked: A `Selection`.
        values_wanted: The values of the equation are to be seen large.
    """

    link_clicked = Signal(object)
    values_wanted = Signal()

    def __init__(self, session: Session, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._search = session.replaying.search
        self._is_folded = True  # the graph below has the room at first
        self._theme = theme
        self.setProperty("surface", "card")
        self.setAccessibleName("Where it is not finite")
        self._mark = MarkLabel(theme, "problem", " ", self)
        self._title = ElidedLabel("", self, elide=Qt.TextElideMode.ElideRight)
        self._title.setProperty("face", "heading")
        self.fold = IconButton(theme, "mdi6.chevron-down", _UNFOLD, self)
        self.fold.clicked.connect(self._on_fold)
        close = IconButton(theme, "mdi6.close", "Put this away", self)
        close.clicked.connect(self._on_close)
        self.place = LinkButton("", self)
        self.place.setFont(theme.font("mono"))
        self.place.hide()
        self.place.clicked.connect(self._on_line)
        self.code = QLabel(self)
        self.code.setProperty("face", "mono")
        self.code.setTextFormat(Qt.TextFormat.PlainText)
        self.code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.note = ProseLabel("", self)
        self.facts = FactCard(theme, self)
        self.fix = ProseLabel("", self)
        self.check_words = ProseLabel("", self)
        self.check_words.setProperty("tone", "faint")
        self.working = WorkingLine(theme, self, words_after_ms=0)
        self.working.cancelled.connect(self._search.cancel)
        self._body = self._make_body()
        self.buttons = self._make_buttons()
        column = QVBoxLayout(self)
        column.setContentsMargins(*_MARGINS)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self._mark)
        head.addWidget(self._title, 1)
        head.addWidget(self.fold)
        head.addWidget(close)
        column.addLayout(head)
        column.addWidget(self.note)
        column.addWidget(self._body)
        column.addWidget(self.working)
        column.addWidget(self._foot)
        self._connect()
        self.refresh()

    @property
    def title(self) -> str:
        """What it says in one line."""
        return self._title.text

    def refresh(self) -> None:
        """Say what is so now."""
        search = self._search
        self.setVisible(search.state != "none")
        if search.state == "none":
            return
        blame = search.blame
        self._title.set_text(search.title)
        self.setAccessibleDescription(search.text())
        code = blame.text.strip() if blame is not None else ""
        self.code.setText(code)
        self.code.setVisible(bool(code))
        has_line = blame is not None and blame.line > 0
        if blame is not None:
            name = f"{Path(blame.file).name}:{blame.line}"
            self.place.set_text(name, tooltip=f"{blame.file}:{blame.line}")
        self.place.setVisible(has_line)
        self._code_box.setVisible(has_line)
        note = "" if search.state == "working" else search.note
        if blame is not None:
            note = blame.why
        self.note.say(note)
        self.note.setVisible(bool(note))
        self.facts.set_facts("", search.facts())
        self.facts.setVisible(blame is not None)
        fix = blame.fix if blame is not None else ""
        self.fix.say(fix)
        self.fix.setVisible(bool(fix))
        words = self._session.replaying.check_words if blame is not None else ""
        self.check_words.say(words)
        self.check_words.setVisible(bool(words))
        if search.state == "working":
            self.working.show_working(search.note)
        else:
            self.working.show_idle()
        self._refresh_buttons()
        self._place_body()

    def _refresh_buttons(self) -> None:
        search, keeping = self._search, self._session.replaying.keeping
        blame = search.blame
        has_equation = blame is not None and blame.equation >= 0
        has_line = blame is not None and blame.line > 0
        shown = {
            "equation": has_equation,
            "values": has_equation,
            "line": has_line,
            "again": search.can_keep and keeping.can_run_again,
            "keep": search.can_keep and not keeping.is_on and keeping.can_switch,
            "retry": search.state == "failed" and search.can_find,
            "copy": search.state in ("found", "missed", "failed"),
        }
        if blame is not None and blame.origin is Origin.NOWHERE:
            shown["again"] = False
        for name, is_shown in shown.items():
            self.buttons[name].setVisible(is_shown)
        self._foot.setVisible(any(shown.values()))

    def _make_body(self) -> QScrollArea:
        page = QWidget(self)
        page.setProperty("surface", "none")
        self._column = column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(6)
        box = QFrame(page)
        box.setProperty("surface", "code")
        row = QHBoxLayout(box)
        row.setContentsMargins(8, 3, 8, 3)
        row.setSpacing(14)
        row.addWidget(self.place)
        row.addWidget(self.code, 1)
        self._code_box = box
        for widget in (box, self.facts, self.fix, self.check_words):
            column.addWidget(widget)
        column.addStretch(1)
        body = QScrollArea(self)
        body.setWidgetResizable(True)
        body.setFrameShape(QFrame.Shape.NoFrame)
        body.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        body.setProperty("surface", "raised")
        body.setAccessibleName("What was found")
        body.setWidget(page)
        return body

    def _place_body(self) -> None:
        """Give the body as much height as it needs, up to a limit."""
        layout = self._column
        layout.activate()
        # Of the card, which has its width already: what is in it is laid out later.
        width = self.width() - _MARGINS[0] - _MARGINS[2]
        needed = layout.totalHeightForWidth(width)
        self._body.setFixedHeight(min(needed + 2, _MOST_HIGH))
        has_body = self._search.blame is not None
        self._body.setVisible(has_body and not self._is_folded)
        self.fold.setVisible(has_body)

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        is_narrow = self.width() < _ROOM_FOR_WORDS
        for name, button in self.buttons.items():
            words = button.accessibleName()
            button.setText(_SHORT.get(name, words) if is_narrow else words)
        if self._search.state != "none":
            self._place_body()

    def _make_buttons(self) -> dict[str, QPushButton]:
        self._foot = QWidget(self)
        self._foot.setMinimumWidth(1)  # words that are too long do not hold the view wide
        row = QHBoxLayout(self._foot)
        row.setContentsMargins(0, 0, 6, 0)
        row.setSpacing(6)
        search, keeping = self._search, self._session.replaying.keeping
        made: dict[str, QPushButton] = {}
        for name, words, hint, act in (
            ("equation", "Go to the equation", "Select it in the graph", search.show_equation),
            ("values", "Show its inputs", "Their elements, large", self._on_values),
            ("line", "Go to the line", "Show it in the source view", self._on_line),
            ("again", "Keep calls and run again", "", keeping.run_again),
            ("keep", "Keep calls from now on", "", lambda: keeping.want(True)),
            ("retry", "Search again", "", search.retry),
            ("copy", "Copy", "Copy all of it as text", self._on_copy),
        ):
            button = QPushButton(words, self._foot)
            button.setAccessibleName(words)
            button.setToolTip(hint or words)
            button.clicked.connect(act)
            made[name] = button
            row.addWidget(button)
        made["again"].setProperty("kind", "primary")
        made["again"].setToolTip(
            "Run the script from the start, its calls kept, and pause right after the call that "
            f"makes a NaN or Inf. It keeps {COST}"
        )
        made["keep"].setToolTip(f"From the next call on. It keeps {COST}")
        row.addStretch(1)
        return made

    def _on_fold(self) -> None:
        self._is_folded = not self._is_folded
        icon, words = "mdi6.chevron-up", _FOLD
        if self._is_folded:
            icon, words = "mdi6.chevron-down", _UNFOLD
        self.fold.setIcon(self._theme.icon(icon, "faint"))
        self.fold.setToolTip(words)
        self.fold.setAccessibleName(words)
        self.refresh()

    def _on_close(self) -> None:
        self._search.dismiss()
        self._session.exploring.clear()

    def _on_values(self) -> None:
        self._search.show_equation()
        self.values_wanted.emit()

    def _on_line(self) -> None:
        blame = self._search.blame
        if blame is not None and blame.line:
            self.link_clicked.emit(Selection(kind="source", file=blame.file, line=blame.line))

    def _on_copy(self) -> None:
        text = self._search.text(self._session.replaying.check_words)
        QApplication.clipboard().setText(text)

    def _connect(self) -> None:
        replaying = self._session.replaying
        signals = (
            *(self._search.changed, replaying.checking.changed, replaying.keeping.changed),
            self._session.run_changed,
        )
        for signal in signals:
            signal.connect(self.refresh)
        self.destroyed.connect(lambda: _disconnect(signals, self))


def _disconnect(signals: tuple, card: BlameCard) -> None:
    for signal in signals:
        signal.disconnect(card.refresh, missing_ok=True)
