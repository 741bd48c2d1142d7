"""The Dynamics view: a switch and its cost, all leaves as strips, and the selected one in full."""

from PySide6.QtCore import QModelIndex, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.dynamics.leaf_table import LeafTable
from eqxviz.gui.dynamics.page import LeafPlots
from eqxviz.gui.plotting.strip import StripColours
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import ElidedLabel, StateStack, hand_focus_on, tab_in_turn
from eqxviz.records import Quantity
from eqxviz.session.dynamics.dynamics import TITLES
from eqxviz.session.norms.history import SHOWN
from eqxviz.session.norms.strips import Strips, number
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session

_REFRESH_MS = 400  # norms may come fifteen times a second
_OFF = (
    "The model is not measured",
    "While it is, the norms of each leaf, of its update and its gradient are shown over the run. "
    "Every 10th step is measured, fewer where that would take more than 3 % of the time. Start a "
    "run, or switch it on for the one that goes on.",
)
_SWITCH = "Measure the model"
_SWITCH_TIP = "Norms of all leaves in every 10th step, at most 3 % of the time"
_REPLAY_TIP = (
    "Computes the gradients of the kept call. The run has to be paused, with calls being kept."
)


class DynamicsView(QWidget):
    """Norms of the model's leaves over the run."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._dynamics = session.dynamics
        self._node = 0  # of the tree that was measured: what is shown below
        self.switch = QCheckBox(_SWITCH, self)
        self.switch.setToolTip(_SWITCH_TIP)
        self.cost = ElidedLabel("", self, elide=Qt.TextElideMode.ElideRight)
        self.cost.setProperty("tone", "faint")
        self.quantity = QComboBox(self)
        self.quantity.addItems([TITLES[shown] for shown in SHOWN])
        self.quantity.setAccessibleName("What is shown of each leaf")
        self.legend = Legend(theme, self)
        self.replay_button = QPushButton("Gradients by replay", self)
        self.replay_button.setToolTip(_REPLAY_TIP)
        self.table = LeafTable(theme, self)
        self.plots = LeafPlots(theme, self)
        self.turn_on = QAction(_SWITCH, self)
        self.stack = StateStack(
            theme, self._filled(), icon="mdi6.chart-timeline-variant", title=_OFF[0], text=_OFF[1],
            action=self.turn_on, can_cancel=False, parent=self,
        )  # fmt: skip
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._bar())
        whole.addWidget(self.stack, 1)
        hand_focus_on(self, lambda: self.table)
        self._timer = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self._connect()
        self.refresh()

    def refresh(self) -> None:
        """Show what is known by now."""
        dynamics = self._dynamics
        self.switch.blockSignals(True)
        self.switch.setChecked(dynamics.is_on)
        self.switch.blockSignals(False)
        self.switch.setEnabled(dynamics.can_switch)
        self.turn_on.setEnabled(dynamics.can_switch)
        self.cost.set_text(dynamics.cost)
        self.quantity.setCurrentIndex(SHOWN.index(dynamics.shown))
        self.replay_button.setEnabled(dynamics.can_replay)
        problem = dynamics.problem
        why = f"{problem.title}. {problem.why}" if problem is not None else _REPLAY_TIP
        self.replay_button.setToolTip(why)
        match dynamics.state:
            case "filled":
                self._show(dynamics.own_strips())
                self.stack.show_filled()
            case "failed":
                why_not = dynamics.why_not
                if why_not is not None:
                    self.stack.show_failed(why_not)
            case "working":
                self.stack.show_working(dynamics.waits_for)
            case _:
                self.stack.show_empty()

    def _bar(self) -> QWidget:
        bar = QWidget(self)
        rows = QVBoxLayout(bar)
        rows.setContentsMargins(12, 6, 12, 6)
        rows.setSpacing(4)
        for left, right in (
            ((self.switch, self.cost), (self.replay_button,)),
            ((self.quantity, self.legend), ()),
        ):
            row = QHBoxLayout()
            row.setSpacing(10)
            for widget in left:
                row.addWidget(widget)
            row.addStretch(1)
            for widget in right:
                row.addWidget(widget)
            rows.addLayout(row)
        tab_in_turn(self.switch, self.replay_button, self.quantity, self.table, self.plots.choice)
        return bar

    def _filled(self) -> QWidget:
        filled = QWidget(self)
        filled.setProperty("surface", "base")
        split = QSplitter(filled)
        split.setOrientation(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(1)
        split.addWidget(self.table)
        split.addWidget(self.plots)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        whole = QVBoxLayout(filled)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(split)
        return filled

    def _connect(self) -> None:
        dynamics = self._dynamics
        self.switch.toggled.connect(dynamics.turn)
        self.turn_on.triggered.connect(lambda: dynamics.turn(True))
        self.quantity.activated.connect(lambda at: dynamics.show(SHOWN[at]))
        self.replay_button.clicked.connect(dynamics.replay_gradients)
        self.table.selectionModel().currentRowChanged.connect(self._on_row_changed)
        dynamics.changed.connect(self._on_changed)
        self._session.selection_changed.connect(self._on_selection_changed)
        self.destroyed.connect(lambda: _disconnect(self._session, self))

    def _show(self, strips: Strips | None) -> None:
        if strips is None:
            return
        if self.table.leaves.strips is None or self.table.leaves.strips.tree is not strips.tree:
            self._node = 0
        self.table.show_strips(strips)
        self.legend.show_range(strips.low, strips.high)
        self._show_node()

    def _show_node(self) -> None:
        """Draw what is known of the selected leaf or subtree; of all of them at first."""
        strips = self.table.leaves.strips
        if strips is None:
            return
        is_gradient = self._dynamics.shown == "gradient"
        quantity = Quantity.GRADIENT if is_gradient else Quantity.PARAMETER
        self.plots.show_node(strips, self._node, quantity)

    def _on_changed(self) -> None:
        if not self.isVisible():
            return
        if not self._timer.isActive():
            self._timer.start()

    def showEvent(self, event) -> None:
        super().showEvent(event)
        self.refresh()

    def _on_row_changed(self, index: QModelIndex) -> None:
        node = self.table.leaves.node(index.row())
        if node < 0 or node == self._node:
            return
        self._node = node
        opened, strips = self._dynamics.strips(), self.table.leaves.strips
        if opened is not None and strips is not None:
            leaves = strips.leaves(node)
            other = int(opened.nodes[leaves[0]])
            if other >= 0:
                self._session.select(Selection(kind="node", node=other))
        self._show_node()

    def _on_selection_changed(self) -> None:
        """Show the leaf, or the subtree, that is selected in the tree."""
        selection, opened = self._session.selection, self._dynamics.strips()
        strips = self.table.leaves.strips
        if selection.kind != "node" or opened is None or strips is None:
            return
        leaves = opened.leaves(selection.node)
        if not len(leaves) or selection.node >= len(opened.tree):
            return
        node = strips.node_of(leaves)
        if node != self._node:
            self._node = node
            row = self.table.leaves.row_of(node)
            if row >= 0:
                self.table.selectRow(row)
            else:
                self.table.clearSelection()
            self._show_node()


class Legend(QWidget):
    """Which colour stands for which number."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._range: tuple[float, float] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Colour scale, logarithmic")
        self.setToolTip("Logarithmic. A faint strip is 0, a blank one is not known.")
        theme.changed.connect(self.update)

    def show_range(self, low: float, high: float) -> None:
        """Show the scale between two numbers."""
        self._range = low, high
        self.setAccessibleDescription(f"from {number(low)} to {number(high)}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(190, 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._range is None:
            return
        painter = QPainter(self)
        painter.setFont(self._theme.font("small"))
        metrics = painter.fontMetrics()
        low, high = (f"{end:.1e}" for end in self._range)
        left, right = metrics.horizontalAdvance(low) + 6, metrics.horizontalAdvance(high) + 6
        middle = self.height() // 2
        painter.setPen(self._theme.color("faint"))
        base = middle + metrics.ascent() // 2 - 1
        painter.drawText(0, base, low)
        painter.drawText(self.width() - right + 6, base, high)
        scale = StripColours(*self._range, self._theme).scale()
        box = QRectF(left, middle - 4, max(self.width() - left - right, 1), 9)
        painter.drawImage(box, scale)


def _disconnect(session: Session, view: DynamicsView) -> None:
    view._dynamics.changed.disconnect(view._on_changed, missing_ok=True)
    session.selection_changed.disconnect(view._on_selection_changed, missing_ok=True)
