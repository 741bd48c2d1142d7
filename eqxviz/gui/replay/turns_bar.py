"""Which turn of each loop around an equation is looked at: a slider and a number for each."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QSlider, QSpinBox, QWidget

from eqxviz.gui.widgets import ElidedLabel
from eqxviz.session.replaying.choices import Turn


class TurnsBar(QWidget):
    """Choosers of turns, counted from 1, outermost loop first; hidden where there is no loop.

    Of a loop with one turn the name is shown alone.

    Signals:
        chosen: The number of the loop, and the turn from 0.
    """

    chosen = Signal(int, int)

    def __init__(self, parent: QWidget, *, is_narrow: bool = False) -> None:
        super().__init__(parent)
        self._is_narrow = is_narrow  # the name of a loop stands over its slider
        self.sliders: list[QSlider] = []
        self.numbers: list[QSpinBox] = []
        self._labels: list[ElidedLabel] = []
        self._shown: tuple[Turn, ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self.hide()

    def show_turns(self, turns: tuple[Turn, ...], enabled: bool) -> None:
        """Offer the turns of these loops."""
        shape = [(turn.title, turn.n_turns) for turn in turns]
        if shape != [(turn.title, turn.n_turns) for turn in self._shown]:
            self._make(turns)
        self._shown = turns
        for turn, slider, number in zip(turns, self.sliders, self.numbers, strict=True):
            for widget, at in ((slider, turn.at), (number, turn.at + 1)):
                widget.blockSignals(True)
                widget.setValue(at)
                widget.blockSignals(False)
                widget.setEnabled(enabled)
        self.setVisible(bool(turns))

    def _make(self, turns: tuple[Turn, ...]) -> None:
        for widget in (*self._labels, *self.sliders, *self.numbers):
            self._grid.removeWidget(widget)
            widget.setParent(None)
            widget.deleteLater()
        self._labels, self.sliders, self.numbers = [], [], []
        for row, turn in enumerate(turns):
            self._add(row, turn)

    def _add(self, row: int, turn: Turn) -> None:
        is_choice = turn.n_turns > 1
        label = ElidedLabel(turn.title if is_choice else f"{turn.title}, its one turn", self)
        label.setProperty("tone", "faint")
        slider = QSlider(Qt.Orientation.Horizontal, self)
        slider.setRange(0, turn.n_turns - 1)
        slider.setPageStep(max(1, turn.n_turns // 10))
        slider.setMinimumWidth(40)
        slider.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        slider.setAccessibleName(f"Turn of {turn.title}")
        number = QSpinBox(self)
        number.setRange(1, turn.n_turns)
        number.setPrefix("turn ")
        # The slider has the room of what the name above it says already.
        is_said = self._is_narrow and turn.title.endswith(f"× {turn.n_turns:,}")
        number.setSuffix("" if is_said else f" of {turn.n_turns:,}")
        number.setKeyboardTracking(False)
        number.setAccessibleName(f"Turn of {turn.title}, as a number")
        slider.valueChanged.connect(lambda at: self._on_chosen(row, at))
        number.valueChanged.connect(lambda at: self._on_chosen(row, at - 1))
        line = 2 * row if self._is_narrow else row
        self._grid.addWidget(label, line, 0, 1, 3 if self._is_narrow or not is_choice else 1)
        self._grid.addWidget(slider, line + self._is_narrow, 1)
        self._grid.addWidget(number, line + self._is_narrow, 2)
        label.show()
        for widget in (slider, number):
            widget.setVisible(is_choice)
        self._labels.append(label)
        self.sliders.append(slider)
        self.numbers.append(number)

    def _on_chosen(self, loop: int, at: int) -> None:
        for widget, value in ((self.sliders[loop], at), (self.numbers[loop], at + 1)):
            widget.blockSignals(True)
            widget.setValue(value)
            widget.blockSignals(False)
        self.chosen.emit(loop, at)
