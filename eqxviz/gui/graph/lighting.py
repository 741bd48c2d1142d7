"""What stands out because it was asked for: the strip that says it, the boxes that show it."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from eqxviz.gui.graph.highlight import BoxNote
from eqxviz.gui.graph.scene import Scene
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import ElidedLabel, IconButton
from eqxviz.layout import BoxKind
from eqxviz.session.exploring import Exploring, Lit
from eqxviz.session.replaying.marks import ReadMark


def lit_boxes(scene: Scene, lit: Lit) -> frozenset[int]:
    """Return the boxes that show something of what stands out."""
    seen, reach = scene.seen, lit.reach
    shown = set(scene.boxes_of(np.flatnonzero(reach.equations)))
    arguments = np.flatnonzero(seen.box_kind == BoxKind.ARGUMENT)
    shown.update(arguments[reach.values[seen.box_item[arguments]]].tolist())
    outputs = np.flatnonzero(seen.box_kind == BoxKind.OUTPUT)
    results = scene.graph.outputs[seen.box_item[outputs]]
    shown.update(outputs[reach.values[results]].tolist())
    return frozenset(shown)


def badges_of(scene: Scene, equations: NDArray[np.integer]) -> tuple[tuple[int, int], ...]:
    """Return the folded boxes that hold some of `equations`, with how many."""
    boxes = scene.seen.equation_box[equations]
    counts = np.bincount(boxes[boxes >= 0], minlength=len(scene.seen))
    held = np.flatnonzero(counts).tolist()
    return tuple((box, int(counts[box])) for box in held if scene.texts[box].n_inside)


def notes_of(scene: Scene, marks: Mapping[int, ReadMark]) -> tuple[BoxNote, ...]:
    """Return what is written at boxes of what was read of their equations.

    Of what is folded into a box only what is bad is said, once.
    """
    notes: dict[int, BoxNote] = {}
    for equation, mark in marks.items():
        box = scene.box_of(equation)
        if box < 0:
            continue
        is_whole = scene.seen.key(box) == (BoxKind.EQUATION, equation)
        before = notes.get(box)
        if not (is_whole or mark.is_bad) or (before is not None and before.is_bad):
            continue
        notes[box] = BoxNote(box, mark.text, mark.is_bad)
    return tuple(notes.values())


class LitStrip(QFrame):
    """Says what stands out and how much it is, or what is missing for a path.

    Signals:
        closed: Nothing is to stand out any more.
        resized: It has another size, and is to be placed anew.
    """

    closed = Signal()
    resized = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("surface", "card")
        self.setAccessibleName("What stands out")
        self._title = ElidedLabel("", self)
        self._words = QLabel(self)
        self._words.setProperty("tone", "faint")
        close = IconButton(theme, "mdi6.close", "Show all alike again (Esc)", self)
        close.clicked.connect(self.closed)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 5, 5)
        row.setSpacing(12)
        row.addWidget(self._title)
        row.addWidget(self._words)
        row.addWidget(close)
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return f"{self._title.text}  {self._words.text()}".strip()

    def show_exploring(self, exploring: Exploring, tab: str) -> None:
        """Say what holds for the graph of the tab called `tab`; nothing hides the strip."""
        lit, end = exploring.lit, exploring.path_end
        title = words = ""
        if lit is not None and lit.tab == tab:
            title, words = lit.title, lit.words
        elif end is not None and end.selection.graph == tab:
            title, words = f"Path from {end.name}", "select the other end, and press P again"
        elif exploring.note:
            title = exploring.note
        self._title.set_text(title)
        self._words.setText(words)
        self._words.setVisible(bool(words))
        self.setVisible(bool(title))
        self.setAccessibleDescription(self.text)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.resized.emit()
