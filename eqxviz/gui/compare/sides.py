"""Which two models are compared: two choosers, and what brings more to choose from."""

import os

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import Chooser, IconButton
from eqxviz.session import formatting
from eqxviz.session.compare.comparison import Comparison
from eqxviz.session.compare.sides import Side

_NARROWEST = 88


class SideBar(QWidget):
    """Model A and model B, each chosen from those that there are.

    Signals:
        chosen: A and B, both known.
    """

    chosen = Signal(object, object)

    def __init__(self, comparison: Comparison, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._comparison = comparison
        self._is_filling = False
        self.before = self._chooser("Model A")
        self.swap = IconButton(
            theme, "mdi6.swap-horizontal", "Let A and B change places", self, role="text", size=16
        )
        self.swap.clicked.connect(comparison.swap)
        self.after = self._chooser("Model B")
        self.release = IconButton(
            theme, "mdi6.delete-outline", "Release a snapshot", self, role="text", size=16
        )
        self.release.clicked.connect(self._on_release)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 4)
        row.setSpacing(6)
        for widget in (QLabel("A", self), self.before, self.swap, QLabel("B", self), self.after):
            row.addWidget(widget, 1 if isinstance(widget, Chooser) else 0)
        row.addWidget(self.release)
        self._row = row
        self.refresh()

    def add_actions(self, actions: "list[QAction]") -> None:
        """Offer these as buttons: they bring more models to choose from."""
        for action in actions:
            button = QToolButton(self)
            button.setDefaultAction(action)
            button.setAccessibleName(action.text())
            self._row.addWidget(button)

    def refresh(self) -> None:
        """Offer the models that there are now."""
        sides, comparison = self._comparison.sides.all(), self._comparison
        self._is_filling = True
        for chooser, current in ((self.before, comparison.before), (self.after, comparison.after)):
            chooser.clear()
            chooser.addItem("Choose a model", None)
            for side in sides:
                chooser.addItem(_title(side), side)
            for target in comparison.sides.offers() if chooser is self.after else ():
                chooser.addItem(f"{os.path.basename(target)}  ·  to be opened", target)
            chooser.setCurrentIndex(_place(sides, current) + 1)
            chooser.setEnabled(bool(sides))
            chooser.setToolTip(chooser.currentText())
        self._is_filling = False
        self.swap.setEnabled(comparison.before is not None and comparison.after is not None)
        self.release.setEnabled(self._releasable() is not None)

    def _chooser(self, name: str) -> Chooser:
        chooser = Chooser(self)
        chooser.setAccessibleName(name)
        chooser.setMinimumWidth(_NARROWEST)
        chooser.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        chooser.activated.connect(self._on_activated)
        return chooser

    def _on_activated(self) -> None:
        before, after = self.before.currentData(), self.after.currentData()
        if isinstance(after, str) and not self._is_filling:
            self._comparison.compare_with_file(after)
        elif not self._is_filling and before is not None and after is not None:
            self.chosen.emit(before, after)

    def _on_release(self) -> None:
        side = self._releasable()
        if side is not None:
            self._comparison.sides.release(side)

    def _releasable(self) -> Side | None:
        """Return the side that can be let go of: B, else A, else the latest snapshot."""
        comparison = self._comparison
        for side in (comparison.after, comparison.before, *reversed(comparison.sides.snapshots)):
            if side is not None and side.kind != "open":
                return side
        return None


def _place(sides: list[Side], current: Side | None) -> int:
    """Return where `current` is among `sides`, -1 if it is none of them."""
    for i, side in enumerate(sides):
        if side is current or (current is not None and side.kind == current.kind == "open"):
            return i
    return -1


def _title(side: Side) -> str:
    return f"{side.title}  ·  {formatting.n_bytes(side.n_bytes)}" if side.n_bytes else side.title
