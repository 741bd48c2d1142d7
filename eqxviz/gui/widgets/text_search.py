"""A search bar over a plain text, hidden until it is asked for."""

from PySide6.QtGui import QTextCursor, QTextDocument
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets.search_bar import SearchBar


class TextSearch(SearchBar):
    """Finds in `text`: the latest place first (`from_end`), or the next one from the cursor on."""

    def __init__(
        self,
        theme: Theme,
        placeholder: str,
        text: QPlainTextEdit,
        parent: QWidget,
        *,
        from_end: bool = False,
    ) -> None:
        super().__init__(theme, placeholder, parent)
        self._edit = text
        self._from_end = from_end
        self.hide()
        self.searched.connect(self.find_first)
        self.stepped.connect(self.find_next)
        self.left.connect(self._on_left_line)

    def open(self) -> None:
        """Appear, and take the keyboard focus."""
        self.show()
        self.focus()

    def find_first(self, wanted: str) -> None:
        """Go to the first place of `wanted`."""
        if not wanted:
            return
        cursor = self._edit.textCursor()
        if self._from_end:
            cursor.movePosition(QTextCursor.MoveOperation.End)
        else:
            cursor.setPosition(cursor.selectionStart())
        self._edit.setTextCursor(cursor)
        self.find_next(-1 if self._from_end else 1)

    def find_next(self, step: int) -> None:
        """Go to the next place (`step` 1) or the one before (-1), around the ends."""
        wanted = self.text
        if not wanted:
            return
        backward = QTextDocument.FindFlag.FindBackward
        flags = backward if step < 0 else QTextDocument.FindFlag(0)
        if not self._edit.find(wanted, flags):
            operation = QTextCursor.MoveOperation
            self._edit.moveCursor(operation.End if step < 0 else operation.Start)
            self._edit.find(wanted, flags)

    def _on_left_line(self) -> None:
        self.hide()
        self._edit.setFocus()


class TextSearched:
    """What a view offers that is searched by its `search_bar`, over one plain text."""

    search_bar: TextSearch

    def search(self, text: str) -> None:
        """Go to the first place of `text`."""
        self.search_bar.find_first(text)

    def search_next(self, step: int) -> None:
        """Go to the next place (`step` 1) or the one before (-1), around the ends."""
        self.search_bar.find_next(step)

    def focus_search(self) -> None:
        """Put the cursor into the search line."""
        self.search_bar.open()
