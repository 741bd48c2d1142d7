"""Sentences in which what stands between backticks is code."""

import html
import re

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from eqxviz.gui.theme.fonts import MONO

_CODE = re.compile(r"`([^`\n]+)`")


class ProseLabel(QLabel):
    """A label that wraps and can be selected. What it says is no markup but for the backticks."""

    def __init__(self, said: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWordWrap(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.say(said)

    def say(self, said: str) -> None:
        """Show other sentences."""
        if not _CODE.search(said):
            self.setTextFormat(Qt.TextFormat.PlainText)
            self.setText(said)
            return
        code = rf'<span style="font-family: {MONO}">\1</span>'
        marked_up = _CODE.sub(code, html.escape(said, quote=False))
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setText(f'<div style="white-space: pre-wrap">{marked_up}</div>')
        self.setAccessibleName(_CODE.sub(r"\1", said))
