"""The panel that says why a function was compiled again."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import ElidedLabel, FactCard, LinkButton, ProseLabel, tab_in_turn
from eqxviz.session.ledger.why import Told, Why
from eqxviz.session.selection import Selection

_SELECTABLE = (
    Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
)


class WhyPanel(QScrollArea):
    """Of a compilation its causes; of a function the causes of all its compilations, counted.

    Signals:
        link_clicked: What a value or a link selects, a `Selection`.
        graph_wanted: The id of the function whose graph is to be drawn.
    """

    link_clicked = Signal(object)
    graph_wanted = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._shown: Why | None = None
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Why it was compiled")
        self._title = ElidedLabel("", self)
        self._title.setProperty("face", "heading")
        self._lead = _text("", self)
        self._links = QHBoxLayout()
        self._links.setSpacing(14)
        self._causes = QVBoxLayout()
        self._causes.setSpacing(8)
        self.facts = FactCard(theme, self)
        self.facts.link_clicked.connect(self.link_clicked)
        page = QWidget(self)
        page.setProperty("surface", "base")
        column = QVBoxLayout(page)
        column.setContentsMargins(14, 10, 14, 12)
        column.setSpacing(8)
        column.addWidget(self._title)
        column.addWidget(self._lead)
        column.addLayout(self._links)
        column.addLayout(self._causes)
        column.addWidget(self.facts)
        column.addStretch(1)
        self.setWidget(page)

    @property
    def why(self) -> Why | None:
        """What is shown."""
        return self._shown

    def show_why(self, why: Why) -> None:
        """Show `why`; what is the same as before is left alone, with what is selected in it."""
        before, self._shown = self._shown, why
        self._title.set_text(why.title)
        if before is None or before.lead != why.lead:
            self._lead.say(why.lead)
        if before is None or (before.links, before.function) != (why.links, why.function):
            self._show_links(why.links, why.function)
        if before is None or (before.told, before.n_untold) != (why.told, why.n_untold):
            self._show_causes(why)
        if before is None or before.facts != why.facts:
            self.facts.set_facts("", why.facts)
        if before is None or before.title != why.title:
            self.verticalScrollBar().setValue(0)

    def _show_links(self, links: Sequence[tuple[str, Selection]], function: int) -> None:
        _clear(self._links)
        buttons: list[QWidget] = [self]
        for words, target in links:
            link = LinkButton(words, self)
            link.clicked.connect(lambda *_checked, to=target: self.link_clicked.emit(to))
            buttons.append(link)
        graph = LinkButton("Its graph", self, tooltip="Draw the function as it was called last")
        graph.clicked.connect(lambda: self.graph_wanted.emit(function))
        buttons.append(graph)
        for button in buttons[1:]:
            self._links.addWidget(button)
        tab_in_turn(*buttons)
        self._links.addStretch(1)

    def _show_causes(self, why: Why) -> None:
        _clear(self._causes)
        for told in why.told:
            self._causes.addWidget(_CauseCard(told, self))
        if why.n_untold:
            more = _text(f"and {why.n_untold:,} more", self)
            more.setProperty("tone", "faint")
            self._causes.addWidget(more)


class _CauseCard(QFrame):
    """One cause: its kind, what changed, and the remedy."""

    def __init__(self, told: Told, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("surface", "code")
        self.setAccessibleName(f"{told.kind}: {told.sentence}")
        self.setAccessibleDescription(told.remedy)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 7, 10, 8)
        column.setSpacing(4)
        kind = QLabel(told.kind, self)
        kind.setWordWrap(True)
        kind.setProperty("tone", "faint")
        column.addWidget(kind)
        column.addWidget(_text(told.sentence, self))
        if told.remedy:
            column.addWidget(_text(f"→ {told.remedy}", self))


def _clear(layout: QLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.deleteLater()


def _text(said: str, parent: QWidget) -> ProseLabel:
    label = ProseLabel(said, parent)
    label.setTextInteractionFlags(_SELECTABLE)
    return label
