"""What is shown below the text of an exercise: hints, the solution, and the verdict."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.learn.markdown_text import MarkdownText
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import CodePane, ProblemCard, ProseLabel

if TYPE_CHECKING:
    from eqxviz.session.learning.verdict import Verdict

_ICON = 16
_MOST_LINES = 18  # of a solution that is seen without scrolling
_MOST_OUTPUT = 600  # characters of what was printed
# Icon, role and title of what became of an answer.
_LOOKS = {
    "solved": ("mdi6.check-circle", "running", "Solved"),
    "rejected": ("mdi6.alert-outline", "warning", "Not yet"),
    "stopped": ("mdi6.stop-circle-outline", "faint", "Not judged"),
}


class Card(QFrame):
    """A frame with a title, and what is put below it."""

    def __init__(self, theme: Theme, icon: str, role: str, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("surface", "card")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setAccessibleName(title)
        self._theme = theme
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(12, 10, 12, 10)
        self.column.setSpacing(8)
        sign = QLabel(self)
        pixmap = theme.icon(icon, role).pixmap(QSize(_ICON, _ICON), self.devicePixelRatioF())
        sign.setPixmap(pixmap)
        sign.setFixedSize(_ICON, _ICON)
        words = QLabel(title, self)
        words.setTextFormat(Qt.TextFormat.PlainText)
        words.setProperty("face", "heading")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(sign)
        row.addWidget(words, 1)
        self.column.addLayout(row)

    def add_buttons(self, *buttons: tuple[str, str, Callable[[], None]]) -> None:
        """Put buttons at the bottom: words, kind, and what is done."""
        row = QHBoxLayout()
        row.setSpacing(6)
        for words, kind, act in buttons:
            button = QPushButton(words, self)
            button.setProperty("kind", kind)
            button.clicked.connect(act)
            row.addWidget(button)
        row.addStretch(1)
        self.column.addLayout(row)

    def add_prose(self, words: str) -> None:
        """Put sentences below, in which backticks hold code."""
        label = ProseLabel(words, self)
        self.column.addWidget(label)
        self.setAccessibleDescription(words)


def hint_card(theme: Theme, number: int, n_hints: int, text: str, parent: QWidget) -> Card:
    """Return the card of one hint."""
    title = f"Hint {number} of {n_hints}"
    card = Card(theme, "mdi6.lightbulb-on-outline", "warning", title, parent)
    words = MarkdownText(theme, card)
    words.setProperty("surface", "raised")
    words.show_markdown(text)
    card.column.addWidget(words)
    card.column.setContentsMargins(12, 10, 12, 4)  # the last line has room below it
    card.setAccessibleDescription(text)
    return card


def question_card(
    theme: Theme, show: Callable[[], None], try_on: Callable[[], None], parent: QWidget
) -> Card:
    """Return the card that asks whether the solution is to be shown."""
    card = Card(theme, "mdi6.eye-outline", "accent", "Show the solution?", parent)
    card.add_prose("What you find yourself stays with you. Your text is left as it is.")
    card.add_buttons(("Show it", "", show), ("Keep trying", "primary", try_on))
    return card


def solution_card(
    theme: Theme,
    text: str,
    put: Callable[[], None],
    hide: Callable[[], None],
    parent: QWidget,
) -> Card:
    """Return the card of the solution."""
    card = Card(theme, "mdi6.key-outline", "accent", "Solution", parent)
    code = CodePane(theme, card)
    code.set_source(text.rstrip("\n"))
    code.setAccessibleName("Solution")
    n_lines = min(_MOST_LINES, code.blockCount())
    code.setFixedHeight(n_lines * code.fontMetrics().lineSpacing() + 24)
    card.column.addWidget(code)
    card.add_buttons(("Put it into the script", "", put), ("Hide", "quiet", hide))
    return card


def verdict_card(
    theme: Theme, verdict: "Verdict", script: str, go_to: Callable[[int], None], parent: QWidget
) -> QFrame:
    """Return the card that says what became of the answer in the file `script`.

    `go_to` is given the line that a click leads to.
    """
    if verdict.problem is not None:
        failed = ProblemCard(theme, verdict.problem, parent=parent)
        failed.place_clicked.connect(lambda file, line: go_to(line) if file == script else None)
        return failed
    icon, role, title = _LOOKS.get(verdict.kind, _LOOKS["stopped"])
    card = Card(theme, icon, role, title, parent)
    if verdict.message:
        card.add_prose(verdict.message)
    if verdict.output.strip() and verdict.kind == "rejected":
        card.column.addWidget(_printed(verdict.output, card))
    return card


def _printed(output: str, parent: QWidget) -> QWidget:
    """What the script printed while it was judged; the end of it where it is long."""
    text = output.strip()
    shown = text if len(text) <= _MOST_OUTPUT else f"…{text[-_MOST_OUTPUT:]}"
    box = QFrame(parent)
    box.setProperty("surface", "code")
    column = QVBoxLayout(box)
    column.setContentsMargins(10, 6, 10, 6)
    label = QLabel(shown, box)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("face", "mono")
    label.setWordWrap(True)
    label.setAccessibleName("What the script printed")
    column.addWidget(label)
    return box
