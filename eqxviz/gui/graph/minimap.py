"""The whole picture, small, in a corner: where one is in it, and the way to elsewhere."""

from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from eqxviz.gui.graph.stage import Stage
from eqxviz.gui.theme import Theme

_LARGEST = QSizeF(210.0, 150.0)
_SHARE = 0.27  # of the stage, at most: it covers what lies under it
_SMALLEST_SIDE = 36.0
_LOW = 200  # pixels: a lower stage has no room for it
_LEAST_FRAME = 6.0  # pixels: the rectangle of what is in sight can be seen and seized
_STEP = 0.25  # of what is in sight, by an arrow key
_STEPS = {
    Qt.Key.Key_Left: (-_STEP, 0.0),
    Qt.Key.Key_Right: (_STEP, 0.0),
    Qt.Key.Key_Up: (0.0, -_STEP),
    Qt.Key.Key_Down: (0.0, _STEP),
}


class Minimap(QWidget):
    """Shows all of a stage's scene and which part of it is in sight.

    A click, or dragging, brings what is there into sight. It hides itself while everything is in
    sight anyway, and on a stage that is low.
    """

    def __init__(self, theme: Theme, stage: Stage, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._stage = theme, stage
        self._small: QImage | None = None  # the overview, as large as it is painted ...
        self._small_of: QImage | None = None  # ... and what it was made of
        self._grip: QPointF | None = None  # from the middle of what is in sight, while dragged
        self.setAccessibleName("Overview of the graph")
        self.setToolTip("Click or drag to look at another part of the graph")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hide()
        stage.looked.connect(self.follow)

    def follow(self) -> None:
        """Show what the stage shows now."""
        x, y, width, height = self._stage.overview_area
        near = self._stage.camera.area(self._stage.width(), self._stage.height())
        slack = 1.0 / self._stage.camera.zoom
        is_all = (
            near[0] <= x + slack
            and near[1] <= y + slack
            and near[0] + near[2] >= x + width - slack
            and near[1] + near[3] >= y + height - slack
        )
        is_low = self._stage.height() < _LOW
        shown = self._stage.overview is not None and not is_all and not is_low
        self.setVisible(shown)
        if shown:
            room = (QSizeF(self._stage.size()) * _SHARE).boundedTo(_LARGEST)
            size = QSizeF(width, height).scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
            low = size.expandedTo(QSizeF(_SMALLEST_SIDE, _SMALLEST_SIDE))
            self.resize(low.toSize())
            self.setAccessibleDescription(self._in_words(near))
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        overview, whole = self._stage.overview, QRectF(self.rect())
        painter.fillRect(whole, self._theme.color("base"))
        if overview is None:
            return
        painter.drawImage(self._scene_rect().topLeft(), self._scaled(overview))
        near = self._frame()
        veil = QColor(self._theme.color("window"))
        veil.setAlphaF(0.6)
        for beside in _around(whole, near):
            painter.fillRect(beside, veil)
        painter.setPen(QPen(self._theme.color("accent"), 2 if self.hasFocus() else 1.4))
        painter.drawRect(near.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.setPen(QPen(self._theme.color("line"), 1))
        painter.drawRect(whole.adjusted(0.5, 0.5, -0.5, -0.5))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        near = self._frame()
        inside = near.contains(event.position())
        self._grip = event.position() - near.center() if inside else QPointF()
        self._look_at(event.position() - self._grip)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            self._look_at(event.position() - self._grip)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _STEPS.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        stage = self._stage
        dx, dy = -step[0] * stage.width(), -step[1] * stage.height()
        stage.set_camera(stage.camera.moved(dx, dy))

    def _look_at(self, at: QPointF) -> None:
        """Bring the part of the scene under a point of the map into the middle of the stage."""
        x, y, width, height = self._stage.overview_area
        shown, camera = self._scene_rect(), self._stage.camera
        middle_x = x + (at.x() - shown.left()) / shown.width() * width
        middle_y = y + (at.y() - shown.top()) / shown.height() * height
        room = self._stage.width() / camera.zoom, self._stage.height() / camera.zoom
        self._stage.set_camera(replace(camera, x=middle_x - room[0] / 2, y=middle_y - room[1] / 2))

    def _scaled(self, overview: QImage) -> QImage:
        """Return the overview in the size of the map; panning need not scale it again."""
        ratio = self.devicePixelRatioF()
        size = (self._scene_rect().size() * ratio).toSize()
        if self._small is None or self._small_of is not overview or self._small.size() != size:
            smooth = Qt.TransformationMode.SmoothTransformation
            self._small = overview.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
            self._small.setDevicePixelRatio(ratio)
            self._small_of = overview
        return self._small

    def _scene_rect(self) -> QRectF:
        """Return where the scene is in the map."""
        _, _, width, height = self._stage.overview_area
        size = QSizeF(width, height).scaled(QSizeF(self.size()), Qt.AspectRatioMode.KeepAspectRatio)
        shown = QRectF(QPointF(), size)
        shown.moveCenter(QRectF(self.rect()).center())
        return shown

    def _frame(self) -> QRectF:
        """Return the rectangle of what is in sight."""
        x, y, width, height = self._stage.overview_area
        shown = self._scene_rect()
        near = self._stage.camera.area(self._stage.width(), self._stage.height())
        scale_x, scale_y = shown.width() / width, shown.height() / height
        found = QRectF(
            shown.left() + (near[0] - x) * scale_x,
            shown.top() + (near[1] - y) * scale_y,
            near[2] * scale_x,
            near[3] * scale_y,
        )
        middle = found.center()
        found.setSize(found.size().expandedTo(QSizeF(_LEAST_FRAME, _LEAST_FRAME)))
        found.moveCenter(middle)
        return found.intersected(QRectF(self.rect()))

    def _in_words(self, near: tuple[float, float, float, float]) -> str:
        x, y, width, height = self._stage.overview_area
        across = (near[0] + near[2] / 2 - x) / max(width, 1.0)
        down = (near[1] + near[3] / 2 - y) / max(height, 1.0)
        return f"In sight: {across:.0%} across, {down:.0%} down"


def _around(whole: QRectF, hole: QRectF) -> list[QRectF]:
    """Return the four rectangles of `whole` beside `hole`."""
    return [
        QRectF(whole.topLeft(), QPointF(whole.right(), hole.top())),
        QRectF(QPointF(whole.left(), hole.bottom()), whole.bottomRight()),
        QRectF(QPointF(whole.left(), hole.top()), hole.bottomLeft()),
        QRectF(hole.topRight(), QPointF(whole.right(), hole.bottom())),
    ]
