"""A label that gives up the middle of its text rather than the window's width."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QMenu, QSizePolicy, QWidget

from eqxviz.session.formatting import elide_words


class ElidedLabel(QFrame):
    """One line, elided in the middle when narrow; the whole text shows on hover and is copied.

    With `longest_word`, names longer than that give up their middles before the line gives up any.
    """

    def __init__(
        self,
        text: str = "",
        parent: QWidget | None = None,
        *,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        longest_word: int = 0,
    ) -> None:
        super().__init__(parent)
        self._text = ""
        self._elide = elide
        self._align = int(Qt.AlignmentFlag.AlignVCenter | align)
        self._longest_word = longest_word
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_text(text)

    @property
    def text(self) -> str:
        """The whole text."""
        return self._text

    @property
    def shown(self) -> str:
        """What of the text there is room for."""
        metrics, room = self.fontMetrics(), self.contentsRect().width()
        text = self._text
        if self._longest_word and metrics.horizontalAdvance(text) > room:
            text = elide_words(text, self._longest_word)
        return metrics.elidedText(text, self._elide, room)

    def set_text(self, text: str) -> None:
        """Show `text`; line breaks become spaces."""
        self._text = " ".join(text.splitlines())
        self.setAccessibleName(self._text)
        self._update_tooltip()
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return self._with_margins(metrics.horizontalAdvance(self._text) + 2, metrics.height() + 2)

    def minimumSizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        widest = min(metrics.horizontalAdvance(self._text) + 2, metrics.averageCharWidth() * 8)
        return self._with_margins(widest, metrics.height() + 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._update_tooltip()
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.contentsRect(), self._align, self.shown)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy", lambda: QApplication.clipboard().setText(self._text))
        menu.popup(event.globalPos())

    def _with_margins(self, width: int, height: int) -> QSize:
        return QSize(width, height).grownBy(self.contentsMargins())

    def _update_tooltip(self) -> None:
        whole = self.fontMetrics().horizontalAdvance(self._text) <= self.contentsRect().width()
        self.setToolTip("" if whole else self._text)
