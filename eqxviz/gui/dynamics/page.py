"""What was measured of one leaf or subtree: its plots, one at a time where there is little room."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from eqxviz.gui.dynamics.plots import HistogramMap, Line, NormPlot
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import ElidedLabel
from eqxviz.records import Quantity
from eqxviz.session.dynamics.dynamics import TITLES
from eqxviz.session.norms.history import Shown
from eqxviz.session.norms.strips import Strips

_NARROW = 560  # pixels: less than that is too little for three
_PLOTS = ("Norms", TITLES["ratio"], "Magnitudes")
_CURVES: tuple[tuple[Shown, str], ...] = (
    ("parameter", "weight"),
    ("update", "update"),
    ("gradient", "gradient"),
)


class LeafPlots(QWidget):
    """Norms, update / weight and magnitudes side by side; where it is narrow one is chosen."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = ElidedLabel("", self)
        self.title.setProperty("face", "path")
        self.choice = QComboBox(self)
        self.choice.addItems(_PLOTS)
        self.choice.setAccessibleName("Which plot is shown")
        self.choice.hide()
        self.norms = NormPlot(_PLOTS[0], theme, self)
        self.ratio = NormPlot(_PLOTS[1], theme, self)
        self.histogram = HistogramMap(theme, self)
        plots = QSplitter(self)
        plots.setHandleWidth(1)
        for plot in (self.norms, self.ratio, self.histogram):
            plots.addWidget(plot)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.choice)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(plots, 1)
        self.choice.currentIndexChanged.connect(self._arrange)

    def show_node(self, strips: Strips, node: int, quantity: Quantity) -> None:
        """Draw what is known of a node; `quantity` is that whose magnitudes are shown."""
        history, leaves = strips.history, strips.leaves(node)
        mark, path = strips.mark(node), strips.tree.path(node)
        self.title.set_text(f"{path} ({mark})" if mark else path)
        lines = [Line(name, history.norms(shown, leaves)) for shown, name in _CURVES]
        self.norms.show_lines(history.steps, lines)
        self.ratio.show_lines(history.steps, [Line("ratio", history.norms("ratio", leaves))])
        told = "Gradients" if quantity is Quantity.GRADIENT else "Weights"
        histograms = history.histograms(quantity, leaves)
        self.histogram.show_histograms(f"{told} by magnitude", histograms)

    def minimumSizeHint(self) -> QSize:
        # One plot will do: three of them must not keep the page from getting narrow.
        return QSize(self.norms.minimumWidth(), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        is_narrow = self.width() < _NARROW
        self.choice.setVisible(is_narrow)
        for at, plot in enumerate((self.norms, self.ratio, self.histogram)):
            plot.setVisible(not is_narrow or at == self.choice.currentIndex())
