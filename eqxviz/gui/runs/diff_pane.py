"""A unified diff, or Python, to read."""

from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from eqxviz.gui.theme import Theme

_ROLES = {"+": "running", "-": "problem", "@": "shared"}  # the signs say it as well


class DiffPane(QPlainTextEdit):
    """Read-only text in the font of code; lines that a diff adds and takes away are coloured."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setProperty("face", "mono")
        self.setAccessibleName("What differs in the text")
        self.document().setDocumentMargin(8)
        self._colours = _Colours(theme, self)
        theme.changed.connect(self._colours.rehighlight)

    def show_text(self, text: str, *, is_diff: bool) -> None:
        """Show `text`, which is a diff or is not."""
        self._colours.is_on = is_diff
        self.setPlainText(text)


class _Colours(QSyntaxHighlighter):
    def __init__(self, theme: Theme, pane: QPlainTextEdit) -> None:
        super().__init__(pane.document())
        self._theme = theme
        self.is_on = True

    def highlightBlock(self, text: str) -> None:
        role = _ROLES.get(text[:1]) if self.is_on else None
        if role is not None:
            look = QTextCharFormat()
            is_head = text.startswith(("+++", "---"))
            look.setForeground(self._theme.color("faint" if is_head else role))
            self.setFormat(0, len(text), look)
