"""What is set for all plots at once: axes, smoothing, what is followed."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent, QStandardItemModel
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.run.steering import newest
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import IconButton, tab_in_turn
from eqxviz.session.plots.board import Board, Follow, Sight
from eqxviz.session.plots.scales import X_KINDS, X_TITLES
from eqxviz.session.plots.smoothing import WINDOWS

_ROOM_FOR_ALL = 860  # pixels: in a narrower view there are two rows
_FOLLOWS: tuple[tuple[Follow, str], ...] = (
    ("all", "Follow all"),
    ("newest", "Follow newest"),
    ("still", "Stand still"),
)
_NO_SAMPLES = "The run has not said how many samples a step takes"
_SMOOTHING = (
    "Average over so many points, those further back counting less; the curve itself stays, "
    "fainter.\nEvery point counts, whatever the zoom. Values that are not finite are passed over."
)


class PlotsBar(QWidget):
    """The controls above the plots.

    Signals:
        list_wanted: The list of curves is to be shown, or to go.
        menu_wanted: The menu of the plots, below this widget.
        export_menu_wanted: The menu of what can be exported, below this widget.
    """

    list_wanted = Signal()
    menu_wanted = Signal(QWidget)
    export_menu_wanted = Signal(QWidget)

    def __init__(self, board: Board, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._board = board
        self._span = (0.0, 1.0)
        self.axis_box = QComboBox(self)
        self.axis_box.addItems([X_TITLES[kind] for kind in X_KINDS])
        self.axis_box.setAccessibleName("Horizontal axis")
        self.follow_box = QComboBox(self)
        self.follow_box.addItems([words for _, words in _FOLLOWS])
        self.follow_box.setAccessibleName("What is followed")
        self.follow_box.setToolTip(
            "All: everything is in view as it grows. Newest: the end, in a stretch of fixed "
            "width.\nStand still: nothing moves, whatever comes (F)."
        )
        self.log_box = QCheckBox("Log y", self)
        self.log_box.setToolTip("Logarithmic values, in every plot (L: in one)")
        self.log_x_box = QCheckBox("Log x", self)
        self.log_x_box.setToolTip("Logarithmic horizontal axis")
        self.state_box = QCheckBox(self)
        self.state_box.setToolTip("Scalars inside what goes back into the next call: parameters")
        self.state_box.hide()
        self.smooth_slider = QSlider(Qt.Orientation.Horizontal, self)
        self.smooth_slider.setRange(0, len(WINDOWS) - 1)
        self.smooth_slider.setPageStep(3)
        self.smooth_slider.setMinimumWidth(60)
        self.smooth_slider.setMaximumWidth(120)
        self.smooth_slider.setAccessibleName("Smoothing")
        self.smooth_slider.setToolTip(_SMOOTHING)
        self._smooth_words = QLabel("Smooth", self)
        self._smooth_words.setToolTip(_SMOOTHING)
        self.smooth_value = QLabel("off", self)
        self.smooth_value.setProperty("face", "mono")
        self.smooth_value.setProperty("tone", "faint")
        self.smooth_value.setFixedWidth(56)
        self.list_button = IconButton(
            theme, "mdi6.format-list-checks", "List the curves (Ctrl+F)", self, size=18
        )
        self.menu_button = IconButton(
            theme, "mdi6.view-grid-outline", "Plots: new, together, columns", self, size=18
        )
        self.export_button = IconButton(
            theme, "mdi6.export-variant", "Export or copy", self, size=18
        )
        self._lay_out()
        self._connect()
        self.refresh(has_samples=False, span=(0.0, 1.0))

    def refresh(self, *, has_samples: bool, span: tuple[float, float]) -> None:
        """Show how the board is."""
        look, board = self._board.look, self._board
        self._span = span
        widgets = (
            *(self.axis_box, self.follow_box, self.log_box),
            *(self.log_x_box, self.state_box, self.smooth_slider),
        )
        for widget in widgets:
            widget.blockSignals(True)
        self.axis_box.setCurrentIndex(X_KINDS.index(look.x))
        follows = [name for name, _ in _FOLLOWS]
        self.follow_box.setCurrentIndex(follows.index(look.sight.follow))
        logs = {plot.is_log for plot in board.shown()}
        mixed = Qt.CheckState.PartiallyChecked
        one = Qt.CheckState.Checked if logs == {True} else Qt.CheckState.Unchecked
        self.log_box.setTristate(len(logs) == 2)
        self.log_box.setCheckState(mixed if len(logs) == 2 else one)
        self.log_x_box.setChecked(look.is_log_x)
        self.state_box.setChecked(look.shows_state)
        if self.state_box.text() != f"State ({board.n_state})":
            self.state_box.setText(f"State ({board.n_state})")
        self.state_box.setVisible(board.n_state > 0)
        self.smooth_slider.setValue(WINDOWS.index(look.window))
        self.smooth_value.setText(f"{look.window:,}" if look.window > 1 else "off")
        for widget in widgets:
            widget.blockSignals(False)
        self._offer_samples(has_samples)

    def follow(self, follow: Follow) -> None:
        """Follow so in all plots, with what is in view as it is where that stays."""
        if follow == "all":
            self._board.follow(Sight())
        elif follow == "newest":
            self._board.follow(newest(self._board, self._span))
        else:
            low, high = self._board.look.sight.window(self._span)
            self._board.follow(Sight("still", low, high))

    def _offer_samples(self, has_samples: bool) -> None:
        model = self.axis_box.model()
        at = X_KINDS.index("samples")
        if isinstance(model, QStandardItemModel) and model.item(at).isEnabled() != has_samples:
            model.item(at).setEnabled(has_samples)
            model.item(at).setToolTip("" if has_samples else _NO_SAMPLES)
        tip = "What is drawn along x" if has_samples else f"What is drawn along x. {_NO_SAMPLES}."
        if self.axis_box.toolTip() != tip:
            self.axis_box.setToolTip(tip)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._use_two_rows(self.width() < _ROOM_FOR_ALL)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def _use_two_rows(self, needs_two: bool) -> None:
        """Put what moves into the second row, or back behind what stays in the first."""
        if needs_two == (self._second.count() > 1):
            return
        source, target = (self._first, self._second) if needs_two else (self._second, self._first)
        at = 0 if needs_two else self._n_first
        for i, widget in enumerate((self.follow_box, self._smoothing, self.state_box)):
            source.removeWidget(widget)
            target.insertWidget(at + i, widget)

    def _lay_out(self) -> None:
        self._smoothing = QWidget(self)
        smoothing = QHBoxLayout(self._smoothing)
        smoothing.setContentsMargins(0, 0, 0, 0)
        smoothing.setSpacing(6)
        for widget in (self._smooth_words, self.smooth_slider, self.smooth_value):
            smoothing.addWidget(widget)
        self._first, self._second = QHBoxLayout(), QHBoxLayout()
        left = (self.axis_box, self.log_x_box, self.log_box)
        for widget in left:
            self._first.addWidget(widget)
        self._n_first = len(left)
        for widget in (self.follow_box, self._smoothing, self.state_box):
            self._first.addWidget(widget)
        self._first.addStretch(1)
        self._second.addStretch(1)
        for button in (self.list_button, self.menu_button, self.export_button):
            self._first.addWidget(button)
        for row in (self._first, self._second):
            row.setSpacing(10)
        column = QVBoxLayout(self)
        column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        column.setContentsMargins(12, 8, 10, 2)
        column.setSpacing(6)
        column.addLayout(self._first)
        column.addLayout(self._second)
        tab_in_turn(
            *(*left, self.follow_box, self.smooth_slider, self.state_box),
            *(self.list_button, self.menu_button, self.export_button),
        )

    def _connect(self) -> None:
        board = self._board
        self.axis_box.currentIndexChanged.connect(lambda i: board.change_look(x=X_KINDS[i]))
        self.log_x_box.toggled.connect(lambda on: board.change_look(is_log_x=on))
        self.log_box.clicked.connect(lambda on: board.change_all(is_log=on, y_range=None))
        self.state_box.toggled.connect(lambda on: board.change_look(shows_state=on))
        self.smooth_slider.valueChanged.connect(lambda i: board.change_look(window=WINDOWS[i]))
        self.follow_box.currentIndexChanged.connect(lambda i: self.follow(_FOLLOWS[i][0]))
        self.list_button.clicked.connect(self.list_wanted)
        self.menu_button.clicked.connect(lambda: self.menu_wanted.emit(self.menu_button))
        self.export_button.clicked.connect(lambda: self.export_menu_wanted.emit(self.export_button))
