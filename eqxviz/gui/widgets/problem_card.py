"""A problem as a card: title, place, reason, remedy, and the frames for those who unfold it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.theme import Theme, paint_mark
from eqxviz.gui.widgets.elided_label import ElidedLabel
from eqxviz.gui.widgets.link_button import LinkButton
from eqxviz.gui.widgets.prose_label import ProseLabel

if TYPE_CHECKING:
    from eqxviz.records import Frame, Problem, Severity

# By the severity's value: the records import numpy, which the first paint does without.
_ROLES = {"error": "problem", "warning": "warning", "note": "accent"}
_WORDS = {"error": "Error", "warning": "Warning", "note": "Note"}


class ProblemCard(QFrame):
    """One problem, readable and copyable whole.

    Signals:
        place_clicked: File and line of the place or of a frame.
        retried: Retry was pressed.
        dismissed: Dismiss was pressed.
    """

    place_clicked = Signal(str, int)
    retried = Signal()
    dismissed = Signal()

    def __init__(
        self,
        theme: Theme,
        problem: "Problem",
        *,
        can_retry: bool = False,
        can_dismiss: bool = False,
        excerpt: Sequence[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("surface", "card")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setAccessibleName(f"{_WORDS[problem.severity]}: {problem.title}")
        self.setAccessibleDescription(problem.why)
        self._theme = theme
        self.problem = problem
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.setSpacing(8)
        layout.addLayout(self._head())
        if problem.file:
            layout.addWidget(self._place(problem.file, problem.line))
        if excerpt:
            layout.addWidget(self._excerpt(excerpt))
        for text in (problem.why, problem.fix):
            if text:
                layout.addWidget(ProseLabel(text, self))
        if problem.fix_code:
            layout.addWidget(self._code(problem.fix_code))
        self._unfolded = self._frames()
        layout.addWidget(self._unfolded)
        self.explanation = QWidget(self)  # filled when it is first shown
        self.explanation.hide()
        layout.addLayout(self._foot(can_retry, can_dismiss))
        layout.addWidget(self.explanation)

    def _head(self) -> QLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        mark = _SeverityMark(self._theme, self.problem.severity, self)
        title = ProseLabel(self.problem.title, self)
        title.setProperty("face", "heading")
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(title, 1)
        if self._is_of_rule:
            code = self._text(self.problem.code)
            code.setWordWrap(False)
            code.setProperty("tone", "faint")
            row.addWidget(code, 0, Qt.AlignmentFlag.AlignTop)
        return row

    @property
    def _is_of_rule(self) -> bool:
        """Whether a rule of the doctor's found it, which can be explained."""
        return self.problem.code.startswith("EQX")

    def _place(self, file: str, line: int) -> QPushButton:
        name = f"{Path(file).name}:{line}" if line else Path(file).name
        button = LinkButton(name, self, tooltip=f"{file}:{line}\nShow it in the source view")
        button.setFont(self._theme.font("mono"))
        button.setAccessibleName(f"Show {name} in the source view")
        button.clicked.connect(lambda: self.place_clicked.emit(file, line))
        return button

    def _text(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label

    def _code(self, code: str) -> QWidget:
        box = QFrame(self)
        box.setProperty("surface", "code")
        row = QHBoxLayout(box)
        row.setContentsMargins(10, 6, 6, 6)
        text = self._text(code)
        text.setProperty("face", "mono")
        row.addWidget(text, 1)
        row.addWidget(
            self._button("Copy", "Copy the code", lambda: QApplication.clipboard().setText(code)),
            0,
            Qt.AlignmentFlag.AlignTop,
        )
        return box

    def _excerpt(self, lines: Sequence[str]) -> QWidget:
        box = QFrame(self)
        box.setProperty("surface", "code")
        column = QVBoxLayout(box)
        column.setContentsMargins(10, 6, 10, 6)
        column.setSpacing(1)
        for line in lines:
            label = ElidedLabel(line, box, elide=Qt.TextElideMode.ElideRight)
            label.setProperty("face", "mono")
            if not line.lstrip().startswith(">"):
                label.setProperty("tone", "faint")
            column.addWidget(label)
        return box

    def _frames(self) -> QWidget:
        box = QWidget(self)
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for frame in self.problem.frames:
            column.addWidget(self._frame(frame))
        if self.problem.detail:
            detail = self._text(self.problem.detail)
            detail.setProperty("face", "mono")
            column.addWidget(detail)
        box.setVisible(False)
        return box

    def _frame(self, frame: "Frame") -> QWidget:
        box = QWidget(self)
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 2, 0, 2)
        column.setSpacing(0)
        row = QHBoxLayout()
        row.addWidget(self._place(frame.file, frame.line))
        function = self._text(f"in {frame.function}")
        function.setProperty("tone", "faint")
        row.addWidget(function, 1)
        column.addLayout(row)
        if frame.text:
            line = self._text(f"    {frame.text.strip()}")
            line.setProperty("face", "mono")
            column.addWidget(line)
        return box

    def _foot(self, can_retry: bool, can_dismiss: bool) -> QLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        if can_retry:
            row.addWidget(self._button("Retry", "Try again", self.retried.emit))
        if self.problem.frames or self.problem.detail:
            row.addWidget(self._unfold_button())
        if self._is_of_rule:
            row.addWidget(self._explain_button())
        copy = self._button("Copy", "Copy the whole card as text", self._copy)
        row.addWidget(copy)
        if can_dismiss:
            row.addWidget(self._button("Dismiss", "Take the card away", self.dismissed.emit))
        row.addStretch(1)
        return row

    def _unfold_button(self) -> QPushButton:
        button = self._button("Show details", "Show the frames and the whole message", lambda: None)

        def toggle() -> None:
            shown = self._unfolded.isHidden()
            self._unfolded.setVisible(shown)
            button.setText("Hide details" if shown else "Show details")

        button.clicked.connect(toggle)
        return button

    def _explain_button(self) -> QPushButton:
        code = self.problem.code
        button = self._button(f"Explain {code}", "Show what the rule is about", lambda: None)

        def toggle() -> None:
            is_shown = self.explanation.isHidden()
            if is_shown and self.explanation.layout() is None:
                self._fill_explanation()
            self.explanation.setVisible(is_shown)
            button.setText("Hide the explanation" if is_shown else f"Explain {code}")

        button.clicked.connect(toggle)
        return button

    def _fill_explanation(self) -> None:
        from eqxviz.session.checking.rules import rules

        column = QVBoxLayout(self.explanation)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(8)
        rule = rules().get(self.problem.code)
        for words, is_code in rule.blocks if rule is not None else ():
            column.addWidget(self._code(words) if is_code else ProseLabel(words, self.explanation))

    def _button(self, text: str, explanation: str, clicked: object) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(explanation)
        button.setAccessibleName(f"{text}: {self.problem.title}")
        button.clicked.connect(clicked)
        return button

    def _copy(self) -> None:
        QApplication.clipboard().setText(as_text(self.problem))


def as_text(problem: "Problem") -> str:
    """Return the whole of `problem` as plain text."""
    place = f"{problem.file}:{problem.line}" if problem.line else problem.file
    frames = [
        f"  {f.file}:{f.line} in {f.function}" + (f"\n    {f.text.strip()}" if f.text else "")
        for f in problem.frames
    ]
    parts = (
        *(f"{_WORDS[problem.severity]}: {problem.title}", place, problem.why, problem.fix),
        *(problem.fix_code, "\n".join(frames), problem.detail),
    )
    return "\n".join(part for part in parts if part)


class _SeverityMark(QWidget):
    def __init__(self, theme: Theme, severity: "Severity", parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._role = _ROLES[severity]
        self.setFixedSize(16, 18)
        self.setToolTip(_WORDS[severity])
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        box = QRectF(self.rect())
        paint_mark(QPainter(self), box, "problem", self._theme.color(self._role))
