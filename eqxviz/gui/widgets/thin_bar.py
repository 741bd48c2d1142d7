"""A bar two pixels thin that says that something goes on."""

from PySide6.QtCore import QRectF, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from eqxviz.gui.theme import Theme

_HEIGHT = 2
_FRAME_MS = 33
_SWEEP_MS = 1400


class ThinBar(QWidget):
    """A light that runs along a line while the widget is shown; a still line in a still theme."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._elapsed_ms = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._on_tick)
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Working")

    def showEvent(self, event: QShowEvent) -> None:
        self._elapsed_ms = 0
        if not self._theme.is_still:
            self._timer.start()
        super().showEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._theme.is_still:
            painter.fillRect(self.rect(), self._theme.color("accent"))
            return
        phase = (self._elapsed_ms % _SWEEP_MS) / _SWEEP_MS
        length = self.width() * 0.3
        start = phase * (self.width() + length) - length
        painter.fillRect(QRectF(start, 0, length, _HEIGHT), self._theme.color("accent"))

    def _on_tick(self) -> None:
        self._elapsed_ms += _FRAME_MS
        self.update()
