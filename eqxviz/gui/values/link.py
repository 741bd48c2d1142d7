"""A button that looks like a link, and whose text changes."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget


def link_button(name: str, parent: QWidget) -> QPushButton:
    """Return a link called `name`, as wide as the text that it will have; hidden until then."""
    button = QPushButton(parent)
    button.setProperty("kind", "link")
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    button.setAccessibleName(name)
    button.hide()
    return button
