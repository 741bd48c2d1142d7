"""A panel that lies on the window for a moment, and gives the keyboard back when it goes."""

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QGraphicsDropShadowEffect, QWidget

from eqxviz.gui.widgets.keyboard import tab_stops

_TOP = 64
_MARGIN = 24
_LINE = 12  # pixels


class Overlay(QFrame):
    """A card at the top of its window, centred. Escape closes it; nothing below is blocked.

    Tab goes around in it, in the order of reading: who left it by the keyboard could not close it.
    With `closes_outside` a click elsewhere closes it too. Each opens by `appear` and is kept for
    the next time.

    Signals:
        closed: It went away.
    """

    closed = Signal()

    def __init__(self, window: QWidget, width: int, *, closes_outside: bool) -> None:
        super().__init__(window)
        self._wanted_width = width
        self._closes_outside = closes_outside
        self._focus_before: QWidget | None = None
        self._restack_due = QTimer(self, singleShot=True, interval=0)
        self._restack_due.timeout.connect(self._restack)
        self.setProperty("surface", "card")
        shadow = QGraphicsDropShadowEffect(self)
        shadow.setBlurRadius(36)
        shadow.setOffset(0, 8)
        shadow.setColor(QColor(0, 0, 0, 70))
        self.setGraphicsEffect(shadow)
        self.hide()

    def appear(self) -> None:
        """Show the card and let it have the keyboard."""
        app = QApplication.instance()
        if self.isHidden():
            self._focus_before = QApplication.focusWidget()
            for watched in (self.window(), *self._beside()):
                watched.installEventFilter(self)
            if self._closes_outside and app is not None:
                app.installEventFilter(self)
        self.show()
        self.raise_()
        self.place()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def disappear(self) -> None:
        """Hide the card; the focus goes back to where it was."""
        if self.isHidden():
            return
        self._let_go()
        self.hide()
        if self._focus_before is not None and self._focus_before.isVisible():
            self._focus_before.setFocus(Qt.FocusReason.PopupFocusReason)
        self._focus_before = None
        self.closed.emit()

    def place(self) -> None:
        """Centre the card under the window's upper edge, as large as its content asks for."""
        window = self.window()
        width = min(self._wanted_width, window.width() - 2 * _MARGIN)
        self.setFixedWidth(width)
        layout = self.layout()
        height = layout.totalHeightForWidth(width) if layout and layout.hasHeightForWidth() else -1
        if height < 0:
            height = self.sizeHint().height()
        height = min(height, window.height() - _TOP - _MARGIN)
        self.setGeometry((window.width() - width) // 2, _TOP, width, height)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.disappear()
        else:
            super().keyPressEvent(event)

    def focusNextPrevChild(self, is_next: bool) -> bool:
        stops = [stop for stop in tab_stops(self) if stop.isVisible() and stop.isEnabled()]
        stops.sort(key=lambda stop: _reading_place(stop.mapTo(self, QPoint(0, 0))))
        focused = QApplication.focusWidget()
        if not stops:
            return False
        start = stops.index(focused) if focused in stops else -1 if is_next else 0
        reason = Qt.FocusReason.TabFocusReason if is_next else Qt.FocusReason.BacktabFocusReason
        stops[(start + (1 if is_next else -1)) % len(stops)].setFocus(reason)
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if watched is self.window() and kind == QEvent.Type.Resize:
            self.place()
        elif self._is_raised(watched, kind):
            self._restack_due.start()  # later: a dock comes to the front only if it is the topmost
        elif kind == QEvent.Type.MouseButtonPress and self._closes_outside:
            inside = watched is self or (
                isinstance(watched, QWidget) and self.isAncestorOf(watched)
            )
            if isinstance(watched, QWidget) and not inside:
                self.disappear()
        return super().eventFilter(watched, event)

    def _is_raised(self, watched: QObject, kind: QEvent.Type) -> bool:
        """Whether a part of the window came to the front, or a new one, which begins there."""
        if watched is self.window():
            return kind == QEvent.Type.ChildAdded
        return kind == QEvent.Type.ZOrderChange and watched in self._beside()

    def _beside(self) -> list[QWidget]:
        """Return the other parts of the window, the lowest first, cards excepted."""
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        parts = self.window().findChildren(QWidget, options=direct)
        return [part for part in parts if not isinstance(part, Overlay)]

    def _restack(self) -> None:
        """Have what was raised lie under the card."""
        children = self.window().children()
        for part in self._beside():
            if children.index(part) > children.index(self):
                part.stackUnder(self)

    def _let_go(self) -> None:
        self._restack_due.stop()
        for watched in (self.window(), *self._beside()):
            watched.removeEventFilter(self)
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self)


def _reading_place(at: QPoint) -> tuple[int, int]:
    """Return what sorts by line, then along it: what is a few pixels lower is in the same line."""
    return at.y() // _LINE, at.x()
