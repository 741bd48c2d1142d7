"""The fields that say which checkpoints a run saves by itself."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from eqxviz.gui.launch.fields import line, small
from eqxviz.gui.widgets import hand_focus_on
from eqxviz.session.launching.form import Filled


class Checkpoints(QWidget):
    """How often, where to and under which names; nothing is saved where nothing is filled in.

    Signals:
        changed: Something was filled in.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.every = small("Steps from one checkpoint to the next", "never")
        self.at_end = QCheckBox("at the end")
        self.at_end.setToolTip("Also as the script ends or is stopped")
        self.folder = line("Folder of the checkpoints", "./checkpoints, in a folder of the run")
        self.what = line("What is saved of the step's arguments", "the model")
        self.names = line("Names of the checkpoints", "{name}_{step:06}.eqx", is_mono=True)
        self.last = small("How many checkpoints stay", "all")
        self.fields: dict[str, QLineEdit] = {
            "save_every": self.every,
            "save_to": self.folder,
            "save_as": self.names,
            "save_what": self.what,
            "save_last": self.last,
        }
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(_row("every", self.every, "steps,", self.at_end, None))
        column.addLayout(_row("to", self.folder, "of", self.what))
        column.addLayout(_row("named", self.names, "keeping the last", self.last))
        for field in self.fields.values():
            field.textChanged.connect(self.changed)
        self.at_end.toggled.connect(self.changed)
        hand_focus_on(self, lambda: self.every)

    def fill(self, filled: Filled) -> None:
        """Show what is filled in."""
        for name, field in self.fields.items():
            field.setText(getattr(filled, name))
        self.at_end.setChecked(filled.save_at_end)

    def texts(self) -> dict[str, str]:
        """Return what is written in each field, by its name in `Filled`."""
        return {name: field.text() for name, field in self.fields.items()}


def _row(*parts: QWidget | str | None) -> QHBoxLayout:
    """Return fields with words between them; None takes the room that is left."""
    row = QHBoxLayout()
    row.setSpacing(8)
    for part in parts:
        if part is None:
            row.addStretch(1)
        else:
            row.addWidget(QLabel(part) if isinstance(part, str) else part)
    return row
