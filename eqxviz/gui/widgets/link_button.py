"""A value that leads somewhere: a link that gives up its middle when it is narrow."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

_FRAME = 4  # the focus frame, and the room that the style sheet gives around the text


class LinkButton(QPushButton):
    """A button that looks like a link; its tooltip is the whole text unless another is set."""

    def __init__(self, text: str, parent: QWidget | None = None, *, tooltip: str = "") -> None:
        super().__init__(parent)
        self._whole = ""
        self.setProperty("kind", "link")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.set_text(text, tooltip=tooltip)

    @property
    def whole_text(self) -> str:
        """The text, elided or not."""
        return self._whole

    def set_text(self, text: str, *, tooltip: str = "") -> None:
        """Lead elsewhere: show and read aloud `text`."""
        self._whole = text
        self.setAccessibleName(text)
        self.setToolTip(tooltip or text)
        self.updateGeometry()
        self._show(self.sizeHint().width())

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._whole) + _FRAME, metrics.height() + _FRAME)

    def minimumSizeHint(self) -> QSize:
        whole = self.sizeHint()
        return QSize(min(whole.width(), self.fontMetrics().averageCharWidth() * 10), whole.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show(event.size().width())

    def _show(self, width: int) -> None:
        middle = Qt.TextElideMode.ElideMiddle
        shown = self.fontMetrics().elidedText(self._whole, middle, width - _FRAME + 1)
        if shown != self.text():
            self.setText(shown)
