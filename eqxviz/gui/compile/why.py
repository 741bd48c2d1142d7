"""Why a function was compiled again: what changed, from what to what, and what to do about it."""

import html
import re
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
from eqxviz.gui.theme.fonts import MONO
from eqxviz.gui.widgets import ElidedLabel, FactCard, LinkButton
from eqxviz.records import Cause, CompileEvent, JitFlavour
from eqxviz.records.recompiles import fix, sentence
from eqxviz.session.ledger.facts import (
    compile_facts,
    compile_title,
    function_details,
    selection_of,
)
from eqxviz.session.ledger.ledger import place_text
from eqxviz.session.ledger.words import reasons
from eqxviz.session.run_view import RunView
from eqxviz.session.selection import Selection

_MOST_CAUSES = 24
_CODE = re.compile(r"`([^`]*)`")
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
        self._function = -1
        self._shown: object = None
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Why it was compiled")
        self._title = ElidedLabel("", self)
        self._title.setProperty("face", "heading")
        self._lead = _text("", self)
        self._causes = QVBoxLayout()
        self._causes.setSpacing(8)
        self._links = QHBoxLayout()
        self._links.setSpacing(14)
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
    def text(self) -> str:
        """What is said of causes and fixes, line by line."""
        items = (self._causes.itemAt(i) for i in range(self._causes.count()))
        labels = [item.widget() for item in items if item is not None]
        said = [self._title.text, self._lead.text()]
        said += [label.text for label in labels if isinstance(label, _CauseCard)]
        return "\n".join(words for words in said if words)

    def show_event(self, run: RunView, event: CompileEvent) -> None:
        """Show why one compilation was made, and what it took."""
        flavour = run.functions[event.function].flavour
        earlier = run.ledger.event(event.nearest)
        title = compile_title(run, event)
        if event.nearest < 0:
            lead = "The first compilation of this function: there was nothing to reuse."
        elif not event.causes:
            lead = "It was compiled before; what differs is not known."
        else:
            n = len(event.causes)
            what = "this differs" if n == 1 else f"these {n:,} things differ"
            lead = f"Compiled again: {what} from the nearest earlier compilation."
        self._begin(event.function, title, lead, (event.id, event.causes))
        links: list[tuple[str, Selection]] = []
        if event.file:
            place = Selection(kind="source", file=event.file, line=event.line)
            links.append((f"The call at {place_text(event.file, event.line)}", place))
        if earlier is not None:
            links.append((f"The earlier one, call {earlier.call:,}", selection_of(earlier)))
        self._show_links(links)
        self._show_causes([(cause, 0) for cause in event.causes], flavour)
        self.facts.set_facts("", compile_facts(run, event))

    def show_function(self, run: RunView, function: int) -> None:
        """Show what made a function compile again and again."""
        seen, events = run.functions[function], run.ledger.events(function)
        counted = reasons(events)
        n_again = sum(event.nearest >= 0 for event in events)
        if not events:
            lead = "It was seen, and not compiled yet."
        elif not n_again:
            lead = "It was compiled once, and has been reused since."
        else:
            again = "once" if n_again == 1 else f"{n_again:,} times"
            lead = f"Compiled again {again}. What changed, the most frequent first:"
        state = function, len(events), counted[:1]
        self._begin(function, seen.name, lead, state)
        place = Selection(kind="source", file=seen.file, line=seen.line)
        self._show_links([(f"Its code at {place_text(seen.file, seen.line)}", place)])
        self._show_causes([(reason.cause, reason.n_compiles) for reason in counted], seen.flavour)
        self.facts.set_facts("", [f for f in function_details(run, function).facts
                                  if f.name != "Again by"])  # fmt: skip

    def _begin(self, function: int, title: str, lead: str, shown: object) -> None:
        self._function = function
        self._title.set_text(title)
        self._lead.setText(lead)
        if shown != self._shown:
            self._shown = shown
            self.verticalScrollBar().setValue(0)

    def _show_links(self, links: Sequence[tuple[str, Selection]]) -> None:
        _clear(self._links)
        for words, target in links:
            link = LinkButton(words, self)
            link.clicked.connect(lambda *_checked, to=target: self.link_clicked.emit(to))
            self._links.addWidget(link)
        graph = LinkButton("Its graph", self, tooltip="Draw the function as it was called last")
        graph.clicked.connect(lambda: self.graph_wanted.emit(self._function))
        self._links.addWidget(graph)
        self._links.addStretch(1)

    def _show_causes(self, causes: Sequence[tuple[Cause, int]], flavour: JitFlavour) -> None:
        _clear(self._causes)
        said: set[str] = set()
        for cause, n in causes[:_MOST_CAUSES]:
            remedy = fix(cause, flavour)
            self._causes.addWidget(_CauseCard(cause, n, "" if remedy in said else remedy, self))
            said.add(remedy)
        if len(causes) > _MOST_CAUSES:
            more = _text(f"and {len(causes) - _MOST_CAUSES:,} more", self)
            more.setProperty("tone", "faint")
            self._causes.addWidget(more)


class _CauseCard(QFrame):
    """One cause: its kind, what changed, and the remedy, unless it was said already."""

    def __init__(self, cause: Cause, n_compiles: int, remedy: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("surface", "code")
        said = sentence(cause)
        times = f"{n_compiles:,} × " if n_compiles else ""
        self.text = f"{times}{cause.kind.value}: {said}" + (f"\n{remedy}" if remedy else "")
        self.setAccessibleName(self.text)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 7, 10, 8)
        column.setSpacing(4)
        latest = ", the latest:" if n_compiles > 1 else ""
        kind = QLabel(f"{times}{cause.kind.value}{latest}", self)
        kind.setProperty("tone", "faint")
        column.addWidget(kind)
        column.addWidget(_text(said[:1].upper() + said[1:], self))
        if remedy:
            column.addWidget(_text(f"→ {remedy}", self))


def _clear(layout: QLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.deleteLater()


def _text(said: str, parent: QWidget) -> QLabel:
    """Return a label that wraps, in which what stands between backticks is code."""
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setText(_marked_up(said))
    label.setWordWrap(True)
    label.setTextInteractionFlags(_SELECTABLE)
    return label


def _marked_up(said: str) -> str:
    code = rf'<span style="font-family: {MONO}">\1</span>'
    return _CODE.sub(code, html.escape(said, quote=False))
