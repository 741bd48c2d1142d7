"""The lessons on the start page, each with how far the learner is in it."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QPushButton, QSizePolicy, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.session.learning.learning import Learning
from eqxviz.session.learning.shelf import ShelvedLesson

_ROW = 34  # pixels
_COLUMNS, _ROWS = 2, 4  # the place that is kept for them until they are read
_NUMBER, _BAR, _DONE = 26, 56, 40  # pixels: wide


class LessonShelf(QWidget):
    """A button for each lesson, in two columns; those of a teacher's folder follow the others.

    Signals:
        chosen: The key of a lesson that is to be followed.
    """

    chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.buttons: list[LessonButton] = []
        self._shown: list[tuple[ShelvedLesson, int]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(20)
        self._grid.setVerticalSpacing(2)
        self.setMinimumHeight(_ROWS * (_ROW + 2) - 2)

    def show_lessons(self, learning: Learning) -> None:
        """Show what lessons there are by now."""
        shown = [(lesson, learning.n_done(lesson)) for lesson in learning.lessons]
        if shown == self._shown:
            return
        self._shown = shown
        for old in self.buttons:
            self._grid.removeWidget(old)
            old.deleteLater()
        self.buttons = [
            LessonButton(self._theme, i, lesson, n_done, self)
            for i, (lesson, n_done) in enumerate(shown, start=1)
        ]
        n_rows = -(-len(self.buttons) // _COLUMNS)
        self._place(self.buttons, n_rows)
        for button in self.buttons:
            key = button.lesson.key
            button.clicked.connect(lambda _on, key=key: self.chosen.emit(key))

    def _place(self, buttons: "Sequence[LessonButton]", n_rows: int) -> None:
        """Fill one column after the other."""
        for i, button in enumerate(buttons):
            self._grid.addWidget(button, i % n_rows, i // n_rows)
        for column in range(_COLUMNS):
            self._grid.setColumnStretch(column, 1)


class LessonButton(QPushButton):
    """A number, a title, and a bar that fills as pages are done."""

    def __init__(
        self, theme: Theme, number: int, lesson: ShelvedLesson, n_done: int, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.lesson = lesson
        self._number = number
        self._n_done = n_done
        self._n_pages = len(lesson.lesson.pages)
        self.setText(lesson.title)
        self.setProperty("kind", "quiet")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(lesson.lesson.summary)
        done = f"{n_done} of {self._n_pages} pages done"
        self.setAccessibleName(f"Lesson {number}, {lesson.title}: {done}")
        self.setAccessibleDescription(lesson.lesson.summary)
        theme.changed.connect(self.update)

    @property
    def is_done(self) -> bool:
        """Whether every page is seen and every exercise solved."""
        return self._n_done == self._n_pages

    def sizeHint(self) -> QSize:
        return QSize(300, _ROW)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, _ROW)

    def paintEvent(self, event: QPaintEvent) -> None:
        words = self.text()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inside = self.rect().adjusted(1, 1, -1, -1)
        theme = self._theme
        if self.underMouse() or self.isDown():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("hover"))
            painter.drawRoundedRect(inside, 5, 5)
        if self.hasFocus():
            painter.setPen(theme.color("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(inside, 5, 5)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(theme.font("strong"))
        painter.setPen(theme.color("faint"))
        painter.drawText(QRect(8, 0, _NUMBER - 8, self.height()), middle, str(self._number))
        right = self.width() - 8 - _DONE - _BAR - 10
        painter.setFont(theme.font("sans"))
        painter.setPen(theme.color("text"))
        room = right - _NUMBER - 8
        metrics = QFontMetrics(theme.font("sans"))
        shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRect(_NUMBER, 0, room, self.height()), middle, shown)
        self._paint_bar(painter, QRect(right, (self.height() - 5) // 2, _BAR, 5))
        role = "running" if self.is_done else "faint"
        said = "done" if self.is_done else f"{self._n_done}/{self._n_pages}"
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color(role))
        place = QRect(self.width() - 8 - _DONE, 0, _DONE, self.height())
        painter.drawText(place, middle | Qt.AlignmentFlag.AlignRight, said)

    def _paint_bar(self, painter: QPainter, box: QRect) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.color("pressed")))
        painter.drawRoundedRect(box, 2.5, 2.5)
        filled = round(box.width() * self._n_done / self._n_pages)
        if filled:
            painter.setBrush(self._theme.color("running" if self.is_done else "accent"))
            painter.drawRoundedRect(QRect(box.topLeft(), QSize(max(5, filled), 5)), 2.5, 2.5)
