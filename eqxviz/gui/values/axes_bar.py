"""Which axes of an array are rows and columns, and a slider for each other one."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSlider,
    QSpinBox,
    QWidget,
)

from eqxviz.session.values.leaf_view import LeafView


class AxesBar(QWidget):
    """Choosers for rows and columns; a slider and a number for each axis beside these.

    Signals:
        changed: Other axes or indices were chosen, and given to the view.
    """

    changed = Signal()

    def __init__(self, view: LeafView, parent: QWidget) -> None:
        super().__init__(parent)
        self._view = view
        self.row_box, self.column_box = QComboBox(self), QComboBox(self)
        self.row_box.setAccessibleName("Axis of the rows")
        self.column_box.setAccessibleName("Axis of the columns")
        self.sliders: dict[int, QSlider] = {}  # by axis
        chosen = QHBoxLayout()
        chosen.setSpacing(6)
        for title, box in (("Rows", self.row_box), ("Columns", self.column_box)):
            label = QLabel(title, self)
            label.setProperty("tone", "faint")
            chosen.addWidget(label)
            chosen.addWidget(box)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            box.activated.connect(self._on_axes_chosen)
        chosen.addStretch(1)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        self._grid.addLayout(chosen, 0, 0, 1, 3)
        self._others: list[QWidget] = []

    def refresh(self) -> None:
        """Offer the axes of the view's array as they are chosen now."""
        view = self._view
        self.setVisible(len(view.shape) > 1)
        for box, axis in ((self.row_box, view.row_axis), (self.column_box, view.column_axis)):
            box.clear()
            box.addItems([f"axis {i} ({n:,})" for i, n in enumerate(view.shape)])
            box.setCurrentIndex(axis)
        others = [
            axis for axis in range(len(view.shape)) if axis not in (view.row_axis, view.column_axis)
        ]
        if others == list(self.sliders) and all(
            slider.maximum() == view.shape[axis] - 1 for axis, slider in self.sliders.items()
        ):
            for axis, slider in self.sliders.items():
                slider.setValue(view.index[axis])
            return
        for widget in self._others:
            self._grid.removeWidget(widget)
            widget.deleteLater()
        self.sliders, self._others = {}, []
        for row, axis in enumerate(others, 1):
            self._add_slider(row, axis)

    def _add_slider(self, row: int, axis: int) -> None:
        n = self._view.shape[axis]
        label = QLabel(f"axis {axis}", self)
        label.setProperty("tone", "faint")
        slider = QSlider(Qt.Orientation.Horizontal, self)
        slider.setRange(0, n - 1)
        slider.setPageStep(max(1, n // 10))
        slider.setAccessibleName(f"Index along axis {axis}")
        number = QSpinBox(self)
        number.setRange(0, n - 1)
        number.setSuffix(f" of {n:,}")
        number.setAccessibleName(f"Index along axis {axis}, as a number")
        for widget in (slider, number):
            widget.setValue(self._view.index[axis])
        slider.valueChanged.connect(number.setValue)
        number.valueChanged.connect(slider.setValue)
        slider.valueChanged.connect(lambda index: self._on_index_chosen(axis, index))
        for column, widget in enumerate((label, slider, number)):
            self._grid.addWidget(widget, row, column)
        self.sliders[axis] = slider
        self._others += [label, slider, number]

    def _on_axes_chosen(self) -> None:
        self._view.set_axes(self.row_box.currentIndex(), self.column_box.currentIndex())
        self.changed.emit()

    def _on_index_chosen(self, axis: int, index: int) -> None:
        if self._view.index[axis] != index:
            self._view.set_index(axis, index)
            self.changed.emit()
