"""What can be typed into a search line, offered while one types."""

import re
from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QShowEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QCompleter, QLineEdit, QTreeView

Hint = tuple[str, str]  # an example of what can be typed, and what it finds

_TOKEN = re.compile(r"[^\s|]*$")
_HEAD = re.compile(r"[A-Za-z_]+[:<>=]*")
_WIDTH = 400
_EXAMPLE_WIDTH = 110
_MOST_ROWS = 9


class SearchHints(QCompleter):
    """Completes the word at the cursor of `line` to the beginning of one of `hints`.

    The list opens while a word is typed that begins one of them, and on Down.
    """

    def __init__(self, hints: Sequence[Hint], line: QLineEdit, parent: QObject) -> None:
        super().__init__(parent)
        self._line = line
        items = QStandardItemModel(self)
        for example, words in hints:
            item, about = QStandardItem(example), QStandardItem(words)
            head = _HEAD.match(example)
            item.setData(head[0] if head else example, Qt.ItemDataRole.UserRole)
            item.setData(f"{example}: {words}", Qt.ItemDataRole.AccessibleTextRole)
            about.setData(about.text(), Qt.ItemDataRole.ToolTipRole)
            items.appendRow([item, about])
        self.setModel(items)
        self.list = _HintList()
        self.setPopup(self.list)
        self.setCompletionRole(Qt.ItemDataRole.UserRole)
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setMaxVisibleItems(_MOST_ROWS)
        self.setWidget(line)
        line.textEdited.connect(self._on_edited)
        self.activated.connect(self._on_chosen)

    @property
    def is_open(self) -> bool:
        """Whether the list is on the screen."""
        return self.list.isVisible()

    @property
    def has_choice(self) -> bool:
        """Whether a row of the open list is marked."""
        return self.is_open and self.list.currentIndex().isValid()

    def offer(self) -> None:
        """Open the list of what the word at the cursor can become, if there is anything."""
        self.setCompletionPrefix(self._word())
        if self.completionCount() == 0:
            return
        place = self._line.rect()
        place.setWidth(max(place.width(), _WIDTH))
        self.complete(place)

    def close(self) -> None:
        """Close the list."""
        self.list.hide()

    def _on_edited(self) -> None:
        word = self._word()
        self.setCompletionPrefix(word)
        is_whole = self.completionCount() == 1 and self.currentCompletion() == word
        if len(word) < 2 or self.completionCount() == 0 or is_whole:
            self.list.hide()
        else:
            self.offer()

    def _word(self) -> str:
        """Return what was typed of the word at the cursor."""
        found = _TOKEN.search(self._line.text()[: self._line.cursorPosition()])
        return found[0].removeprefix("-") if found else ""

    def _on_chosen(self, head: str) -> None:
        text, at = self._line.text(), self._line.cursorPosition()
        start = at - len(self._word())
        self._line.setText(text[:start] + head + text[at:])
        self._line.setCursorPosition(start + len(head))


class _HintList(QTreeView):
    """Examples, and what they find."""

    def __init__(self) -> None:
        super().__init__()
        self.setRootIsDecorated(False)
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setFrameShape(QTreeView.Shape.Box)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("What can be searched for")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.setColumnWidth(0, _EXAMPLE_WIDTH)
