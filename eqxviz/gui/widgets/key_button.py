"""A button that shows the key of what it does beside its words."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QAction, QFontMetrics, QKeySequence, QPaintEvent
from PySide6.QtWidgets import QPushButton, QStyle, QStyleOptionButton, QStylePainter, QWidget

from eqxviz.gui.theme import Theme

_GAP = 8  # pixels between the words and the key


class KeyButton(QPushButton):
    """The button of an action, under shorter `words`; it is enabled as the action is."""

    def __init__(self, theme: Theme, words: str, parent: QWidget, *, kind: str = "") -> None:
        super().__init__(parent)
        self._theme = theme
        self._action: QAction | None = None
        self.setProperty("kind", kind)
        self.say(words)

    @property
    def key(self) -> str:
        """The key as it is shown, "" where there is none."""
        if self._action is None:
            return ""
        text = self._action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        return text.replace("Return", "Enter")

    def say(self, words: str) -> None:
        """Show other words."""
        self.setText(words)
        self._name()

    def act(self, action: QAction) -> None:
        """Trigger `action` when pressed."""
        self._action = action
        self.clicked.connect(action.trigger)
        self.setEnabled(action.isEnabled())
        action.enabledChanged.connect(self.setEnabled)
        self._name()

    def set_kind(self, kind: str) -> None:
        """Look like another kind of button: "primary" is what is to be done next."""
        if kind != self.property("kind"):
            self.setProperty("kind", kind)
            self.style().unpolish(self)
            self.style().polish(self)

    def sizeHint(self) -> QSize:
        size = super().sizeHint()
        return size + QSize(_GAP + self._key_width(), 0) if self.key else size

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        words, option.text = option.text, ""  # type: ignore[attr-defined]  # missing in the stubs
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        key, is_primary = self.key, self.property("kind") == "primary"
        width = self.fontMetrics().horizontalAdvance(words)
        both = width + (_GAP + self._key_width() if key else 0)
        left = (self.width() - both) // 2
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        if not self.isEnabled():
            role = key_role = "none"
        elif is_primary:
            role = key_role = "on_accent"
        else:
            role, key_role = "text", "faint"
        painter.setPen(self._theme.color(role))
        painter.drawText(QRect(left, 0, width + 2, self.height()), middle, words)
        painter.setPen(self._theme.color(key_role))
        painter.setFont(self._theme.font("small"))
        painter.drawText(
            QRect(left + width + _GAP, 0, self._key_width() + 2, self.height()), middle, key
        )

    def _key_width(self) -> int:
        return QFontMetrics(self._theme.font("small")).horizontalAdvance(self.key)

    def _name(self) -> None:
        self.setAccessibleName(self.text())
        self.setToolTip(self._action.text() if self._action is not None else self.text())
        self.updateGeometry()
        self.update()
