"""A card at a corner of the window for what finished out of sight."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QColor, QHideEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsDropShadowEffect,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QWidget,
)

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets.icon_button import IconButton

SHOWN_MS = 8000
_MARGIN = 16
_ABOVE = 34  # the status line stays free
_WIDEST = 460


class Toast(QFrame):
    """Says one thing, and goes by itself; it stays while the pointer is on it or it has the keys.

    A click, or Return, goes to what it is about; where it has a button, that does what it says.
    It takes the keyboard from nothing.

    Signals:
        clicked: The user wants to see what it is about, or what the button says.
    """

    clicked = Signal()

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._theme = theme
        self.setProperty("surface", "card")
        shadow = QGraphicsDropShadowEffect(self)
        shadow.setBlurRadius(28)
        shadow.setOffset(0, 4)
        shadow.setColor(QColor(0, 0, 0, 70))
        self.setGraphicsEffect(shadow)
        self._icon = QLabel(self)
        self.words = QLabel(self)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(14, 10, 8, 10)
        self._row.setSpacing(10)
        self._row.addWidget(self._icon)
        self._row.addWidget(self.words, 1)
        self.button = QPushButton(self)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.hide()
        self.button.clicked.connect(self._go)
        self.button.installEventFilter(self)
        self._row.addWidget(self.button)
        self._close: IconButton | None = None
        self.timer = QTimer(self, singleShot=True, interval=SHOWN_MS)
        self.timer.timeout.connect(self.hide)
        self.hide()

    @property
    def text(self) -> str:
        """What is said, "" while it is hidden."""
        return "" if self.isHidden() else self.words.text()

    def say(self, text: str, icon: str, role: str = "text", act: str = "") -> None:
        """Show `text` for some seconds, in place of what was said before; `act` is on a button."""
        if self._close is None:
            self._close = IconButton(self._theme, "mdi6.close", "Close", self)
            self._close.clicked.connect(self.hide)
            self._row.addWidget(self._close)
        self._icon.setPixmap(self._theme.icon(icon, role).pixmap(18, 18))
        self.words.setText(text)
        self.button.setText(act)
        self.button.setVisible(bool(act))
        pointing = Qt.CursorShape.ArrowCursor if act else Qt.CursorShape.PointingHandCursor
        self.setCursor(pointing)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus if act else Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(text)
        self.window().installEventFilter(self)
        self.show()
        self.raise_()
        self._place()
        self.timer.start()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        is_click = event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.pos())
        if is_click and not self.button.text():
            self._go()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._go()
        elif event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEvent) -> None:
        self.timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        if not self.isHidden() and not self.hasFocus() and not self.button.hasFocus():
            self.timer.start()

    def focusInEvent(self, event: QEvent) -> None:
        self.timer.stop()
        self.update()

    def focusOutEvent(self, event: QEvent) -> None:
        if not self.isHidden():
            self.timer.start()
        self.update()

    def hideEvent(self, event: QHideEvent) -> None:
        self.timer.stop()
        self.window().removeEventFilter(self)
        super().hideEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.button:
            if event.type() == QEvent.Type.FocusIn:
                self.timer.stop()
            elif event.type() == QEvent.Type.FocusOut and not self.isHidden():
                self.timer.start()
        elif event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _go(self) -> None:
        self.hide()
        self.clicked.emit()

    def _place(self) -> None:
        """Stand at the lower right corner, over the status line."""
        window = self.window()
        one_line = self.words.fontMetrics().horizontalAdvance(self.words.text()) + 110
        if self.button.text():
            one_line += self.button.sizeHint().width() + self._row.spacing()
        width = min(one_line, _WIDEST, window.width() - 2 * _MARGIN)
        layout = self.layout()
        height = layout.totalHeightForWidth(width) if layout is not None else self.height()
        left = window.width() - width - _MARGIN
        self.setGeometry(left, window.height() - height - _ABOVE, width, height)
