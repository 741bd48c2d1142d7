"""What is no array: its text, and the source of a callable."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from eqxviz.gui.widgets import LinkButton
from eqxviz.records import ValueSummary
from eqxviz.session.selection import Selection


class TextPage(QWidget):
    """A text that can be read and copied, with a link to where a callable was defined.

    Signals:
        place_wanted: The `Selection` of a place in a source file.
    """

    place_wanted = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._place: Selection | None = None
        self.link = LinkButton("", self)
        self.link.hide()
        self.link.clicked.connect(self._on_link_clicked)
        self.text = QPlainTextEdit(self)
        self.text.setReadOnly(True)
        self.text.setProperty("face", "mono")
        self.text.setAccessibleName("The value as text")
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 4, 14, 12)
        column.setSpacing(8)
        column.addWidget(self.link)
        column.addWidget(self.text, 1)

    def show_value(self, value: ValueSummary) -> None:
        """Show the text of `value`."""
        self.text.setPlainText(value.text)
        self.link.setVisible(bool(value.file))
        self._place = None
        if value.file:
            self._place = Selection(kind="source", file=value.file, line=value.line)
            self.link.set_text(f"{Path(value.file).name}:{value.line}", tooltip=value.file)

    def _on_link_clicked(self) -> None:
        if self._place is not None:
            self.place_wanted.emit(self._place)
