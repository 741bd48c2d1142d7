"""Names and values in two columns: how tooltips and Details say what is known."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets.elided_label import ElidedLabel
from eqxviz.gui.widgets.link_button import LinkButton
from eqxviz.gui.widgets.mark_label import MarkLabel
from eqxviz.session.facts import Fact

_LONGEST_WORD = 16  # letters
_GROWING = (QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)


class FactCard(QWidget):
    """A title over lines of name and value; every value can be selected and copied.

    Signals:
        link_clicked: The `link` (a `Selection`) of the fact whose value was clicked.
    """

    link_clicked = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._title = ElidedLabel("", self)
        self._title.setProperty("face", "mono")
        # A QFormLayout gives values that wrap too little height.
        self._rows = QGridLayout()
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setHorizontalSpacing(12)
        self._rows.setVerticalSpacing(3)
        self._rows.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._title)
        layout.addLayout(self._rows)

    def set_facts(self, title: str, facts: Sequence[Fact]) -> None:
        """Replace the card's content; no title takes its line away.

        Facts of one name in a row say it once.
        """
        self._title.set_text(title)
        self._title.setVisible(bool(title))
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)  # gone at once, for whoever looks for what is shown
                widget.deleteLater()
        before = ""
        for row, fact in enumerate(facts):
            name = QLabel(fact.name if fact.name != before else "", self)
            name.setProperty("tone", "faint")
            value = self._value(fact)
            wraps = isinstance(value, QLabel) and value.wordWrap()
            beside = Qt.AlignmentFlag.AlignTop if wraps else Qt.AlignmentFlag.AlignVCenter
            self._rows.addWidget(name, row, 0, beside)
            # Aligned, what may not grow holds its column back no more.
            is_wide = value.sizePolicy().horizontalPolicy() in _GROWING
            side = Qt.AlignmentFlag(0) if is_wide else Qt.AlignmentFlag.AlignLeft
            self._rows.addWidget(value, row, 1, side)
            before = fact.name
            # Only what is shown has a size, and what is around asks for it now, not later.
            name.show()
            value.show()
        if (layout := self.layout()) is not None:
            layout.activate()

    def _value(self, fact: Fact) -> QWidget:
        if fact.link is not None:
            button = LinkButton(fact.value, self)
            button.clicked.connect(lambda: self.link_clicked.emit(fact.link))
            widget: QWidget = button
        elif fact.mark:
            widget = MarkLabel(self._theme, fact.mark, fact.value, self)
        elif len(fact.value) > _LONGEST_WORD and " " not in fact.value:
            # A word that cannot wrap would make the whole card as wide as itself, here and below.
            widget = ElidedLabel(fact.value, self)
        else:
            label = QLabel(fact.value, self)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setWordWrap(True)
            if max(map(len, fact.value.split()), default=0) > _LONGEST_WORD:
                label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
                label.setToolTip(fact.value)
            widget = label
        if fact.is_mono:
            widget.setProperty("face", "mono")
        widget.setAccessibleName(f"{fact.name}: {fact.value}")
        return widget
