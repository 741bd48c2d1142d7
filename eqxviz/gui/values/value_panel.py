"""What is known of one value, narrow enough for a dock: statistics, histogram, picture, text."""

import re

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.values.pictures import Histogram, Overview
from eqxviz.gui.widgets import FactCard
from eqxviz.records import ValueSummary
from eqxviz.session.values.leaf_view import LeafView
from eqxviz.session.values.value import Inspected
from eqxviz.session.values.value_facts import is_constant, value_facts

_OVERVIEW_CELLS = 64
_LONG_WORD = re.compile(r"\S{24}(?=\S)")
_MAY_BREAK = "\N{ZERO WIDTH SPACE}"
_SELECTABLE = (
    Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
)


class ValuePanel(QWidget):
    """Shows a `ValueSummary` of a node of what is `inspected`, and a small picture of the array."""

    def __init__(self, inspected: Inspected, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = QLabel("Values", self)
        self.title.setProperty("tone", "faint")
        self.facts = FactCard(theme, self)
        self.histogram = Histogram(theme, self)
        self.heat_map = Overview(theme, self)
        self._leaf = LeafView(inspected, _OVERVIEW_CELLS)
        self._value: ValueSummary | None = None  # that is shown
        self.text = QLabel(self)
        self.text.setProperty("face", "mono")
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(_SELECTABLE)
        self.text.setWordWrap(True)
        # A word without spaces, as long as it may be, makes no panel wider than its place.
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        for widget in (self.title, self.facts, self.histogram, self.heat_map, self.text):
            column.addWidget(widget)
        self._leaf.tile_changed.connect(self._on_tile_changed)
        self.show_value(None)

    def show_value(self, value: ValueSummary | None) -> None:
        """Show `value`; None is nothing."""
        has_numbers = value is not None and len(value.histogram) > 0 and not is_constant(value)
        self.title.setText("Values")
        self.title.setVisible(value is not None)
        self.histogram.setVisible(has_numbers)
        if value is not self._value:  # once for each: it asks the worker
            self._value = value
            # After the statistics, which are what is waited for.
            self._leaf.show(value.node if value is not None and value.size > 1 else -1)
        facts = value_facts(value, is_brief=True) if value is not None else ()
        self.facts.set_facts("", facts)
        self.facts.setVisible(bool(facts))
        self.text.setVisible(value is not None and bool(value.text))
        if value is not None:
            self.text.setText(_breakable(value.text))
            self.histogram.show_value(value)

    def show_text(self, text: str) -> None:
        """Show `text` in place of a value: why there is none."""
        self.show_value(None)
        self.text.setText(text)
        self.text.setVisible(True)

    def show_progress(self, share: float) -> None:
        """Say how much of a large array was read."""
        self.title.setText(f"Values: {share:.0%} read")
        self.title.setVisible(True)

    def stop(self) -> None:
        """Read no further."""
        self._leaf.stop()

    def _on_tile_changed(self) -> None:
        tile = self._leaf.tile
        self.heat_map.setVisible(tile is not None)
        if tile is not None:
            self.heat_map.show_tile(tile, self._value)


def _breakable(text: str) -> str:
    """Return `text` with places at which its very long words may be broken."""
    return _LONG_WORD.sub(lambda piece: piece.group() + _MAY_BREAK, text)
