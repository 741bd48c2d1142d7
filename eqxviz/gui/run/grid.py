"""The plots in columns: as high as there is room for, and scrolled when there is not."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from eqxviz.gui.run.plot_card import PlotCard

_LEAST_WIDTH = 250
_LEAST_HEIGHT, _HEIGHT = 180, 220  # of a plot; of one among so many that they are scrolled
_WIDE = 1400


class PlotGrid(QScrollArea):
    """Lays out cards; which, and in how many columns, it is told."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.page = QWidget()
        self.page.setProperty("surface", "base")
        self.setWidget(self.page)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._cards: list[PlotCard] = []
        self._n_columns = 0

    @property
    def n_columns(self) -> int:
        """In how many columns the cards are."""
        n, width = len(self._cards), self.viewport().width()
        wanted = self._n_columns
        if not wanted:
            wanted = 1 if n < 3 else 2 if n < 9 or width < _WIDE else 3
        return max(min(wanted, n, width // _LEAST_WIDTH), 1)

    @property
    def cards(self) -> tuple[PlotCard, ...]:
        """The cards in their order."""
        return tuple(self._cards)

    def show_cards(self, cards: Sequence[PlotCard], n_columns: int) -> bool:
        """Show `cards` in their order; with 0 columns, in as many as suit them.

        Returns whether that is anything new.
        """
        if list(cards) == self._cards and n_columns == self._n_columns:
            return False
        for card in self._cards:
            card.setVisible(card in cards)
        self._cards, self._n_columns = list(cards), n_columns
        self._place()
        for card in cards:
            card.show()
        return True

    def in_view(self) -> list[PlotCard]:
        """Return the cards of which something is seen."""
        seen = self.viewport().rect()
        at = self.page.pos()
        return [card for card in self._cards if card.geometry().translated(at).intersects(seen)]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        width, height = self.viewport().width(), self.viewport().height()
        n_columns = self.n_columns
        n_rows = -(-len(self._cards) // n_columns)
        each = height / n_rows if n_rows else height
        if each < _LEAST_HEIGHT:
            each = _HEIGHT
        self.page.resize(width, max(round(each * n_rows), height))
        for i, card in enumerate(self._cards):
            row, column = divmod(i, n_columns)
            left, right = width * column // n_columns, width * (column + 1) // n_columns
            top, bottom = round(each * row), round(each * (row + 1))
            card.setGeometry(left, top, right - left, bottom - top)
