"""The list of keys, by the menu they belong to."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.actions import Actions
from eqxviz.gui.theme import Theme
from eqxviz.gui.window.overlay import Overlay

_WIDTH = 980
_N_COLUMNS = 3
# Keys that a view itself answers to; they have no action of their own.
_IN_VIEWS = (
    ("Arrow keys", "Walk the tree, and along the graph's edges"),
    ("Space", "Fold or unfold"),
    ("Home, End", "In a graph, the first box and the last"),
    ("E, Shift+E", "In a graph, go through the edges of a box; Up and Down follow one"),
    ("D, A", "In a graph, show what depends on the selection, or what it depends on"),
    ("P", "In a graph, one end of a path, then the other"),
    ("F", "In a graph, show all of it; . zooms to what is selected"),
    ("Ctrl+Left, Ctrl+Right", "In a graph's text, fold all or unfold all"),
    ("Ctrl+click", "In a graph's text, go to where a variable begins"),
    ("*", "Unfold everything below"),
    ("Ctrl+1 … 9", "Unfold the tree to a depth; Ctrl+0 all of it"),
    ("Ctrl+C", "Copy the paths of the selected rows"),
    ("Ctrl+Shift+C", "Copy the row's path as a tree_at lambda"),
    ("+, -, 0", "In a plot, zoom, and show everything; Ctrl+Up and Ctrl+Down zoom the values"),
    ("Shift+Left, Shift+Right", "In a plot, the cursor to the next point; Return pins it"),
    ("F, L, M", "In a plot, follow or stand still, logarithmic values, all the room"),
    ("Down", "In an empty search, what can be searched for"),
    ("Return", "Open what is selected; in a search, the next match"),
    ("Tab", "Go to the next control"),
    ("Esc", "Close what lies on top; empty the search"),
)


class KeyList(Overlay):
    """Every key that does something, grouped."""

    def __init__(self, theme: Theme, actions: Actions, window: QWidget) -> None:
        super().__init__(window, _WIDTH, closes_outside=True)
        self.setAccessibleName("Keys")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        title = QLabel("Keys", self)
        title.setFont(theme.font("title"))
        page = QWidget(self)
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 8, 0)
        row.setSpacing(28)
        columns = [QVBoxLayout() for _ in range(_N_COLUMNS)]
        heights = [0] * _N_COLUMNS
        for column in columns:
            column.setSpacing(14)
            row.addLayout(column, 1)
        for group, keys in self._groups(actions).items():
            shortest = heights.index(min(heights))
            columns[shortest].addWidget(self._group(theme, group, keys, page))
            heights[shortest] += len(keys) + 2  # a heading, and the space before it
        for column in columns:
            column.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setProperty("surface", "raised")
        scroll.setWidget(page)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setMinimumHeight(page.sizeHint().height() + 4)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 12, 16)
        column.setSpacing(12)
        column.addWidget(title)
        column.addWidget(scroll)
        self._scroll, self._page = scroll, page

    def place(self) -> None:
        page = self._page
        room = self.window().height() - 200
        self._scroll.setMinimumHeight(min(page.sizeHint().height() + 4, max(room, 120)))
        super().place()

    def _groups(self, actions: Actions) -> dict[str, list[tuple[str, str]]]:
        groups: dict[str, list[tuple[str, str]]] = {}
        for name, action in actions.table.items():
            key = actions.q[name].shortcut()
            if not key.isEmpty():
                text = key.toString(key.SequenceFormat.NativeText)
                groups.setdefault(action.group, []).append((text, action.title))
        for keys in groups.values():
            keys.sort(key=_digits_first)
        groups["In a view"] = list(_IN_VIEWS)
        return groups

    def _group(
        self, theme: Theme, name: str, keys: list[tuple[str, str]], parent: QWidget
    ) -> QWidget:
        box = QWidget(parent)
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        head = QLabel(name, box)
        head.setProperty("tone", "faint")
        grid.addWidget(head, 0, 0, 1, 2)
        for row, (key, title) in enumerate(keys, start=1):
            cap = QLabel(key, box)
            cap.setFont(theme.font("small"))
            cap.setProperty("surface", "key")
            grid.addWidget(cap, row, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            words = QLabel(title, box)
            words.setWordWrap(True)
            grid.addWidget(words, row, 1)
        grid.setColumnMinimumWidth(0, 108)
        grid.setColumnStretch(1, 1)
        return box


def _digits_first(entry: tuple[str, str]) -> tuple[bool, int]:
    """Return what sorts keys that are digits by their place on the keyboard, before the others."""
    key = entry[0]
    is_digit = key.isdecimal()
    return not is_digit, (int(key) or 10) if is_digit else 0
