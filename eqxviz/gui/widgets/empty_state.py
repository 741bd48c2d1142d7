"""What a view shows before it has anything to show: what it is for, and how to fill it."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme

_TEXT_WIDTH = 360
_ICON_SIDE = 32
_ROOM_FOR_ICON = 220


class EmptyState(QWidget):
    """An icon, a title, a sentence, and at most one button that fills the view."""

    def __init__(
        self,
        theme: Theme,
        *,
        icon: str,
        title: str,
        text: str,
        action: QAction | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon = QLabel(self)
        self._title = QLabel(title, self)
        self._title.setProperty("face", "title")
        self._text = QLabel(text, self)
        self._text.setProperty("tone", "faint")
        self._text.setWordWrap(True)
        self._text.setMaximumWidth(_TEXT_WIDTH)
        self._button = QPushButton(self)
        self._button.clicked.connect(self._on_clicked)
        self._action: QAction | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 8, 24, 8)
        layout.setSpacing(8)
        layout.addStretch(2)
        centre = Qt.AlignmentFlag.AlignHCenter
        for label in (self._icon, self._title, self._text):
            label.setAlignment(centre)
        # A label that wraps gets its height only from a layout that may stretch it.
        text_row = QHBoxLayout()
        text_row.addStretch(1)
        text_row.addWidget(self._text, 1000)
        text_row.addStretch(1)
        layout.addWidget(self._icon, 0, centre)
        layout.addWidget(self._title, 0, centre)
        layout.addLayout(text_row)
        layout.addSpacing(4)
        layout.addWidget(self._button, 0, centre)
        layout.addStretch(3)
        self.set_action(action)
        self._icon_name = icon
        self._theme = theme
        theme.changed.connect(self._draw_icon)

    def showEvent(self, event: QShowEvent) -> None:
        self._draw_icon()
        super().showEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Where there is little room, the words matter more than the picture.
        self._icon.setVisible(event.size().height() >= _ROOM_FOR_ICON)

    def set_text(self, title: str, text: str) -> None:
        """Replace the title and the sentence."""
        self._title.setText(title)
        self._text.setText(text)

    def set_action(self, action: QAction | None) -> None:
        """Offer `action` as the button, its key in the tooltip; None takes the button away."""
        if self._action is not None:
            self._action.enabledChanged.disconnect(self._button.setEnabled)
        self._action = action
        self._button.setVisible(action is not None)
        if action is not None:
            key = action.shortcut().toString()
            self._button.setText(action.text())
            self._button.setEnabled(action.isEnabled())
            action.enabledChanged.connect(self._button.setEnabled)
            self._button.setToolTip(f"{action.text()}  {key}".strip())

    def _on_clicked(self) -> None:
        if self._action is not None:
            self._action.trigger()

    def _draw_icon(self) -> None:
        side = QSize(_ICON_SIDE, _ICON_SIDE)
        icon = self._theme.icon(self._icon_name, "none")
        self._icon.setPixmap(icon.pixmap(side, self.devicePixelRatioF()))
