"""A button that looks like a link, and whose text changes."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget


def link_button(parent: QWidget) -> QPushButton:
    """Return a link without a text yet, as wide as its text."""
    button = QPushButton(parent)
    button.setProperty("kind", "link")
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    return button
