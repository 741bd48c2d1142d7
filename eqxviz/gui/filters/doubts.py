"""What is wrong with a spec, and what is doubtful about it: a strip of lines."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme, paint_mark
from eqxviz.records import Problem
from eqxviz.session.filters.playground import Playground
from eqxviz.session.filters.spec_warnings import SpecWarning


class Doubts(QWidget):
    """One line a warning, with the way to the node that it is about.

    Signals:
        node_wanted: A node that a warning is about.
    """

    node_wanted = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shown: object = None
        self._lines: list[QWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(10, 4, 8, 6)
        self._column.setSpacing(3)
        self.setAccessibleName("Warnings of the filter")
        self.hide()

    @property
    def texts(self) -> list[str]:
        """What is said."""
        return [line.accessibleName() for line in self._lines]

    def show_playground(self, playground: Playground) -> None:
        """Say what is wrong with the spec of the playground."""
        split = playground.split
        shown = playground.problem, split
        if shown == self._shown:
            return
        self._shown = shown
        self._clear()
        if playground.problem is not None:
            self._add_problem(playground.problem, is_shown_still=split is not None)
        if split is not None:
            for note in split.notes:
                self._add(_sentences(note), "warning", ())
            for warning in split.warnings:
                self._add_warning(warning)
        self.setVisible(bool(self._lines))

    def refuse(self, why: str) -> None:
        """Say why something was not taken, until the next change."""
        self._shown = None
        self._clear()
        self._add(why, "problem", ())
        self.show()

    def _add_problem(self, problem: Problem, is_shown_still: bool) -> None:
        still = " Shown is the filter before." if is_shown_still else ""
        self._add(f"{_sentences(problem)}{still}", "problem", ())

    def _add_warning(self, warning: SpecWarning) -> None:
        self._add(warning.text, "warning", warning.nodes)

    def _add(self, text: str, role: str, nodes: Sequence[int]) -> None:
        line = QWidget(self)
        line.setAccessibleName(text)
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(_Triangle(self._theme, role, line), 0, Qt.AlignmentFlag.AlignTop)
        words = QLabel(text, line)
        words.setTextFormat(Qt.TextFormat.PlainText)
        words.setWordWrap(True)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row.addWidget(words, 1)
        if nodes:
            go = QPushButton("Show it" if len(nodes) == 1 else "Show the first", line)
            go.setProperty("kind", "link")
            go.setCursor(Qt.CursorShape.PointingHandCursor)
            go.clicked.connect(lambda: self.node_wanted.emit(nodes[0]))
            row.addWidget(go, 0, Qt.AlignmentFlag.AlignTop)
        self._column.addWidget(line)
        self._lines.append(line)

    def _clear(self) -> None:
        for line in self._lines:
            self._column.removeWidget(line)
            line.hide()
            line.deleteLater()
        self._lines = []


def _sentences(problem: Problem) -> str:
    parts = (problem.title, problem.why, problem.fix)
    return " ".join(part if part.endswith((".", "?")) else f"{part}." for part in parts if part)


class _Triangle(QWidget):
    def __init__(self, theme: Theme, role: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._role = role
        self.setFixedSize(14, 17)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        color = self._theme.color(self._role)
        paint_mark(QPainter(self), QRectF(self.rect()), "problem", color)
