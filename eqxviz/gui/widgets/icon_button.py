"""A button that is an icon, and says in words what it does."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QToolButton, QWidget

from eqxviz.gui.theme import Theme


class IconButton(QToolButton):
    """`name` is read aloud, and shown when the pointer rests on the button."""

    def __init__(
        self,
        theme: Theme,
        icon: str,
        name: str,
        parent: QWidget,
        *,
        role: str = "faint",
        size: int = 14,
    ) -> None:
        super().__init__(parent)
        self.setAutoRaise(True)
        self.setIcon(theme.icon(icon, role))
        self.setIconSize(QSize(size, size))
        self.setToolTip(name)
        self.setAccessibleName(name)
