"""Icons that follow the theme: one QIcon serves light and dark, enabled and disabled."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPoint, QRect, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap

# Qt owns an engine as soon as an icon uses it, which PySide does not know: without a reference a
# collection of garbage destroys what an icon still uses.
_ENGINES: list[QIconEngine] = []


class ThemedIconEngine(QIconEngine):
    """Draws the icon called `name` in whatever colour `color` returns at that moment.

    `color` is told whether the icon is of something disabled.
    """

    def __init__(self, name: str, color: Callable[[bool], QColor]) -> None:
        super().__init__()
        self._name = name
        self._color = color
        self._drawn: dict[str, QIcon] = {}
        _ENGINES.append(self)

    def paint(self, painter: QPainter, rect: QRect, mode: Any, state: Any) -> None:
        self._icon(self._color(mode == QIcon.Mode.Disabled).name()).paint(painter, rect)

    def pixmap(self, size: QSize, mode: Any, state: Any) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: Any, state: Any, scale: float) -> QPixmap:
        pixmap = QPixmap((QSizeF(size) * scale).toSize())  # `size` is in pixels of the layout
        pixmap.setDevicePixelRatio(scale)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        return ThemedIconEngine(self._name, self._color)

    def _icon(self, color: str) -> QIcon:
        import qtawesome  # takes 140 ms: after the first paint, and only where an icon is drawn

        if color not in self._drawn:
            self._drawn[color] = qtawesome.icon(self._name, color=color)
        return self._drawn[color]
