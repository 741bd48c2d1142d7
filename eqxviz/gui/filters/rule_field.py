"""What a rule must be told: a text, one of a list, a number; code has an editor of its own."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QSpinBox, QStackedWidget, QWidget

from eqxviz.session.filters.predicates import KINDS

_MOST_RANKS = 32
_FIRST_LAMBDA = "lambda leaf: eqx.is_inexact_array(leaf) and leaf.size > 100"


class RuleField(QStackedWidget):
    """One field a kind of rule takes; nothing for those that take none.

    Signals:
        entered: The text is complete: Return was pressed, or something was chosen.
    """

    entered = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._nothing = QWidget(self)
        self.line = QLineEdit(self)
        self.choice = QComboBox(self)
        self.number = QSpinBox(self)
        self.number.setRange(0, _MOST_RANKS)
        self.number.setAccessibleName("Least rank")
        self.choice.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        for widget in (self._nothing, self.line, self.choice, self.number):
            self.addWidget(widget)
        self.line.returnPressed.connect(self.entered)
        self.choice.activated.connect(lambda _index: self.entered.emit())
        self.number.valueChanged.connect(lambda _value: self.entered.emit())

    @property
    def text(self) -> str:
        """What the rule is told now."""
        shown = self.currentWidget()
        if shown is self.choice:
            return self.choice.currentText()
        if shown is self.number:
            return str(self.number.value())
        return self.line.text().strip() if shown is self.line else ""

    def show_kind(self, kind: str, text: str, choices: Sequence[str]) -> None:
        """Offer the field of a kind of rule, filled with `text`."""
        takes = KINDS[kind].takes
        if takes in ("", "code"):
            self.setCurrentWidget(self._nothing)
        elif takes in ("type", "dtype"):
            self.choice.clear()
            self.choice.addItems([*choices, *([text] if text and text not in choices else [])])
            self.choice.setCurrentText(text)
            self.choice.setAccessibleName("Class" if takes == "type" else "Dtype")
            self.setCurrentWidget(self.choice)
        elif takes == "number":
            was_blocked = self.number.blockSignals(True)
            self.number.setValue(int(text) if text.isdecimal() else 2)
            self.number.blockSignals(was_blocked)
            self.setCurrentWidget(self.number)
        else:
            self.line.setText(text or (_FIRST_LAMBDA if takes == "lambda" else ""))
            self.line.setPlaceholderText(KINDS[kind].hint)
            self.line.setProperty("face", "mono")
            self.line.setAccessibleName(KINDS[kind].title)
            self.line.style().polish(self.line)
            self.setCurrentWidget(self.line)
