"""All curves by name: searched, put into a plot or taken out of it, dragged onto any."""

from collections.abc import Sequence

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.run.plot_card import CURVES_MIME, title_of
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import Chooser, IconButton, SearchBar
from eqxviz.session.plots.board import Board

_WIDTH = 230


class CurveList(QWidget):
    """The curves of the run with a box each: ticked are those of the plot that is chosen above.

    Signals:
        left: It is to go.
    """

    left = Signal()

    def __init__(self, board: Board, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._board = board
        self._theme = theme
        self._plots: list[int] = []
        self.plot_box = Chooser(self)
        self.plot_box.setAccessibleName("The plot whose curves are ticked")
        self.plot_box.setToolTip("The plot whose curves are ticked below")
        self.plot_box.currentIndexChanged.connect(lambda _i: self._tick())
        close = IconButton(theme, "mdi6.close", "Close the list", self)
        close.setProperty("kind", "small")
        close.clicked.connect(self.left)
        self.search_bar = SearchBar(theme, "Search curves", self)
        self.search_bar.searched.connect(self.search)
        self.search_bar.stepped.connect(self._on_stepped)
        self.search_bar.left.connect(self.left)
        self.names = _Names(self)
        self.names.itemChanged.connect(self._on_item_changed)
        self.setMinimumWidth(160)
        head = QHBoxLayout()
        head.addWidget(self.plot_box, 1)
        head.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 6, 8)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.search_bar)
        column.addWidget(self.names, 1)
        self.resize(_WIDTH, self.height())

    def choose(self, plot: int) -> None:
        """Tick the curves of a plot."""
        self.refresh()
        if plot in self._plots:
            self.plot_box.setCurrentIndex(self._plots.index(plot))

    def refresh(self) -> None:
        """Show the names and the plots that there are now."""
        shown = self._board.shown()
        ids, titles = [p.id for p in shown], [title_of(p) for p in shown]
        now = [self.plot_box.itemText(i) for i in range(self.plot_box.count())]
        if ids != self._plots or titles != now:
            chosen = self._chosen()
            self.plot_box.blockSignals(True)
            self.plot_box.clear()
            self.plot_box.addItems(titles)
            self._plots = ids
            self.plot_box.setCurrentIndex(ids.index(chosen) if chosen in ids else 0)
            self.plot_box.blockSignals(False)
        names = self._board.names
        if self.names.names() != names:
            self._fill(names)
        self._tick()

    def search(self, text: str) -> None:
        """Show the names that hold every word of `text`."""
        words = text.lower().split()
        n_found = 0
        for i in range(self.names.count()):
            item = self.names.item(i)
            name = item.text().lower()
            is_found = all(word in name for word in words)
            item.setHidden(not is_found)
            n_found += is_found
        self.search_bar.set_hits(-1, n_found)

    def _fill(self, names: Sequence[str]) -> None:
        self.names.blockSignals(True)
        self.names.clear()
        for name in names:
            item = QListWidgetItem(name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Unchecked)
            if self._board.is_state(name):
                item.setForeground(self._theme.color("faint"))
                item.setToolTip(f"{name}\nA part of the state")
            else:
                item.setToolTip(name)
            self.names.addItem(item)
        self.names.blockSignals(False)
        self.search(self.search_bar.text)

    def _tick(self) -> None:
        plot = self._chosen()
        held = next((p.names for p in self._board.plots if p.id == plot), ())
        self.names.blockSignals(True)
        for i in range(self.names.count()):
            item = self.names.item(i)
            is_in = item.text() in held
            item.setCheckState(Qt.CheckState.Checked if is_in else Qt.CheckState.Unchecked)
        self.names.blockSignals(False)

    def _chosen(self) -> int:
        at = self.plot_box.currentIndex()
        return self._plots[at] if 0 <= at < len(self._plots) else -1

    def _on_item_changed(self, item: QListWidgetItem) -> None:
        plot, name = self._chosen(), item.text()
        if plot < 0:
            self._board.new_plot((name,))
        elif item.checkState() == Qt.CheckState.Checked:
            self._board.add(plot, (name,))
        else:
            self._board.take_out(plot, name)

    def _on_stepped(self, step: int) -> None:
        """Go on from the search line into what it found."""
        for i in range(self.names.count()):
            if not self.names.item(i).isHidden():
                self.names.setCurrentRow(i)
                self.names.setFocus()
                return


class _Names(QListWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("Curves")
        self.setProperty("face", "mono")
        self.setUniformItemSizes(True)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)

    def names(self) -> tuple[str, ...]:
        """Return all of them."""
        return tuple(self.item(i).text() for i in range(self.count()))

    def mimeData(self, items: Sequence[QListWidgetItem]) -> QMimeData:
        data = QMimeData()
        data.setData(CURVES_MIME, "\n".join(item.text() for item in items).encode())
        return data
