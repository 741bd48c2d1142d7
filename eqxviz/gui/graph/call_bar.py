"""The bar over a graph: what of its function is drawn, and on which arguments."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QSpinBox, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.session.graphs import DRAWN_AS, FIRST_BATCH, DrawnAs, GraphTab

_MOST_BATCH = 1_000_000
_HINTS = {
    "forward": "The call as it is",
    "vmap": "The call, vmapped over an axis that is added to each shape",
    "gradient": "The gradient of the sum of its floating results",
    "step": "The gradient, and an update by optax.adam",
}


class CallBar(QWidget):
    """Shows and changes what the tab of a graph draws.

    Signals:
        asked: The arguments as text, what is to be drawn of the function, and the batch.
    """

    asked = Signal(str, str, int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tab: GraphTab | None = None
        self.what = QComboBox(self)
        self.what.setAccessibleName("What is drawn")
        self.what.setToolTip("What of the function is drawn")
        self.inputs = QLineEdit(self)
        self.inputs.setFont(theme.font("mono"))
        self.inputs.setPlaceholderText("Arguments: f32[8,3] 0.1 n=3")
        self.inputs.setAccessibleName("Arguments of the call")
        self.inputs.setToolTip(
            "The arguments, separated by spaces: shapes as JAX writes them, Python values, and "
            "variables of the file. Return draws anew; empty proposes them."
        )
        self.note = QLabel("on the shapes of its latest call", self)
        self.note.setProperty("tone", "faint")
        self.batch = QSpinBox(self)
        self.batch.setRange(0, _MOST_BATCH)
        self.batch.setPrefix("batch ")
        self.batch.setSpecialValueText("no batch")
        self.batch.setKeyboardTracking(False)
        self.batch.setAccessibleName("Length of the axis that is mapped over")
        self.batch.setToolTip("An axis of this length is added to each shape, and mapped over")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 0)
        row.setSpacing(8)
        row.addWidget(self.what)
        row.addWidget(self.inputs, 1)
        row.addWidget(self.note, 1)
        row.addWidget(self.batch)
        self.what.activated.connect(self._on_chosen)
        self.inputs.returnPressed.connect(self._ask)
        self.batch.valueChanged.connect(lambda _n: self._ask())

    @property
    def drawn_as(self) -> DrawnAs:
        """What is chosen to be drawn."""
        return self.what.currentData()

    def show_tab(self, tab: GraphTab | None) -> None:
        """Show what `tab` draws; what is being typed stays."""
        is_other = tab is not self._tab
        self._tab = tab
        self.setVisible(tab is not None)
        if tab is None:
            return
        for field in (self.what, self.batch):
            field.blockSignals(True)
        self.what.clear()
        for way in tab.ways:
            self.what.addItem(DRAWN_AS[way], way)
            self.what.setItemData(self.what.count() - 1, _HINTS[way], Qt.ItemDataRole.ToolTipRole)
        self.what.setCurrentIndex(tab.ways.index(tab.drawn_as))
        self.batch.setMinimum(1 if tab.drawn_as == "vmap" else 0)
        self.batch.setValue(tab.batch)
        for field in (self.what, self.batch):
            field.blockSignals(False)
        self.inputs.setVisible(tab.can_be_written)
        self.note.setVisible(not tab.can_be_written)
        self.batch.setVisible(tab.can_be_written and tab.drawn_as != "forward")
        if is_other or not (self.inputs.hasFocus() and self.inputs.isModified()):
            self.inputs.setText(tab.written)
            self.inputs.setCursorPosition(0)

    def _on_chosen(self) -> None:
        """Draw something else of the function: beside it, in a tab of its own."""
        tab = self._tab
        if tab is None or self.drawn_as == tab.drawn_as:
            return
        batch = {"forward": 0, "vmap": tab.batch or FIRST_BATCH}.get(self.drawn_as, tab.batch)
        self.asked.emit(self.inputs.text().strip(), self.drawn_as, batch)

    def _ask(self) -> None:
        self.inputs.setModified(False)
        self.asked.emit(self.inputs.text().strip(), self.drawn_as, self.batch.value())
