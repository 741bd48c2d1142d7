"""The bar over a graph: what of its function is drawn, and on which arguments."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.session.graphs import DRAWN_AS, FIRST_BATCH, DrawnAs, GraphTab

_MOST_BATCH = 1_000_000
_HINTS = {
    "forward": "The call as it is",
    "vmap": "The call, vmapped over an axis that is added to each shape",
    "gradient": "The gradient of the scalar it returns, alone or first in a tuple; else of the sum",
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
        self.batch_label = QLabel("Batch", self)
        self.batch_label.setProperty("tone", "faint")
        self.batch = QLineEdit(self)
        self.batch.setFont(theme.font("mono"))
        self.batch.setValidator(QIntValidator(0, _MOST_BATCH, self))
        self.batch.setFixedWidth(72)
        self.batch.setPlaceholderText("none")
        self.batch.setAccessibleName("Length of the axis that is mapped over")
        self.batch.setToolTip(
            "An axis of this length is added to each shape, and mapped over. Return draws anew."
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 0)
        row.setSpacing(8)
        row.addWidget(self.what)
        row.addWidget(self.inputs, 1)
        row.addWidget(self.note, 1)
        row.addWidget(self.batch_label)
        row.addWidget(self.batch)
        self.what.activated.connect(self._on_chosen)
        self.inputs.returnPressed.connect(self._ask)
        self.batch.returnPressed.connect(self._ask)

    @property
    def drawn_as(self) -> DrawnAs:
        """What is chosen to be drawn."""
        return self.what.currentData()

    def show_tab(self, tab: GraphTab | None) -> None:
        """Show what `tab` draws; what is being typed stays."""
        is_other = tab is not self._tab
        self._tab = tab
        self.setVisible(tab is not None and not tab.is_former)
        if tab is None:
            return
        self.what.blockSignals(True)
        self.what.clear()
        for way in tab.ways:
            self.what.addItem(DRAWN_AS[way], way)
            self.what.setItemData(self.what.count() - 1, _HINTS[way], Qt.ItemDataRole.ToolTipRole)
        self.what.setCurrentIndex(tab.ways.index(tab.drawn_as))
        self.what.blockSignals(False)
        self.inputs.setVisible(tab.can_be_written)
        self.note.setVisible(not tab.can_be_written)
        for part in (self.batch_label, self.batch):
            part.setVisible(tab.can_be_written and tab.drawn_as != "forward")
        if is_other or not (self.batch.hasFocus() and self.batch.isModified()):
            self.batch.setText(str(tab.batch or ""))
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
        batch = int(self.batch.text() or 0)
        if self.drawn_as == "vmap":
            batch = batch or FIRST_BATCH
        for field in (self.inputs, self.batch):
            field.setModified(False)
        self.asked.emit(self.inputs.text().strip(), self.drawn_as, batch)
