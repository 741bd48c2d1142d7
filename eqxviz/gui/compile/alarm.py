"""The strip that says which functions compile at every step."""

from collections.abc import Mapping

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from eqxviz.gui.theme import Theme, paint_mark
from eqxviz.gui.widgets import LinkButton
from eqxviz.records import Problem
from eqxviz.session.run_view import RunView

_MOST_NAMED = 4
_SIDE = 16


class AlarmStrip(QFrame):
    """Hidden while there is nothing to say.

    Signals:
        function_clicked: The id of a function whose name was clicked.
    """

    function_clicked = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shown: tuple[tuple[int, str], ...] = ()
        self.setProperty("surface", "code")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 5, 12, 5)
        self._row.setSpacing(10)
        self.hide()
        theme.changed.connect(self.update)

    @property
    def text(self) -> str:
        """What the strip says."""
        return "; ".join(title for _, title in self._shown)

    def show_alarms(self, run: RunView, alarms: Mapping[int, Problem]) -> None:
        """Name the functions of `alarms`, with what is known of each."""
        shown = tuple((function, problem.title) for function, problem in alarms.items())
        if shown == self._shown:
            return
        self._shown = shown
        while (item := self._row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self.setVisible(bool(shown))
        if not shown:
            return
        self._row.addWidget(_Mark(self._theme, self))
        is_alone = len(shown) == 1
        words = (
            shown[0][1] if is_alone else f"{len(shown):,} functions compile on nearly every call"
        )
        self._row.addWidget(QLabel(words, self))
        for function, title in shown[:_MOST_NAMED]:
            name = run.functions[function].name
            link = LinkButton("Why?" if is_alone else name, self, tooltip=title)
            link.setAccessibleName(f"Why? {title}")
            link.clicked.connect(lambda *_checked, id=function: self.function_clicked.emit(id))
            self._row.addWidget(link)
        if len(shown) > _MOST_NAMED:
            self._row.addWidget(QLabel(f"and {len(shown) - _MOST_NAMED:,} more", self))
        self._row.addStretch(1)
        self.setAccessibleName(self.text)


class _Mark(QWidget):
    """The mark of a problem."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setFixedSize(_SIDE, _SIDE)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_mark(painter, QRectF(self.rect()), "problem", self._theme.color("problem"))
