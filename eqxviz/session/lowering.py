"""What the graphs are lowered to, where the user asked for it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from psygnal import Signal

from eqxviz.records import Graph, LoweredText, Problem, Severity
from eqxviz.session.drawing import GraphPart
from eqxviz.session.graphs import GraphTab
from eqxviz.session.lowered_text import LoweredLines, whole_text


@dataclass
class Lowered:
    """What is known of the program behind one graph."""

    state: Literal["empty", "working", "filled", "failed"] = "empty"
    graph: Graph | None = None  # when it was asked for: another one has another program
    lines: LoweredLines | None = None
    problem: Problem | None = None


class Lowering:
    """The programs by graph tab.

    Signals:
        changed: What is known of the tab with this key.
    """

    changed = Signal(str)

    def __init__(self, session: GraphPart) -> None:
        self._session = session
        self._of: dict[str, Lowered] = {}
        self._give_up: dict[str, Callable[[], None]] = {}

    def of(self, tab: GraphTab) -> Lowered:
        """Return what is known of the program of `tab`; nothing where its graph is a new one."""
        known = self._of.get(tab.key)
        return known if known is not None and known.graph is tab.graph else Lowered()

    def ask(self, tab: GraphTab) -> None:
        """Lower what `tab` shows."""
        if tab.graph is None or self.of(tab).state == "working":
            return
        wanted = self._of[tab.key] = Lowered("working", tab.graph)
        self.changed.emit(tab.key)
        give_up = self._session.ask_lowered(tab, lambda answer: self._on_answered(tab, answer))
        if wanted.state == "working":
            self._give_up[tab.key] = give_up

    def cancel(self, tab: GraphTab) -> None:
        """Lower what `tab` shows no longer."""
        if self.of(tab).state == "working":
            self._of.pop(tab.key)
            give_up = self._give_up.pop(tab.key, None)
            if give_up is not None:
                give_up()
            self.changed.emit(tab.key)

    def save(self, tab: GraphTab, path: str, done: Callable[[str], None]) -> None:
        """Write the program of `tab` to `path`; `done` gets why not, or ""."""
        lines = self.of(tab).lines

        def write() -> str:
            try:
                with open(path, "w", encoding="utf-8") as file:
                    file.write(whole_text(lines.record) if lines is not None else "")
            except OSError as error:
                return error.strerror or str(error)
            return ""

        self._session.in_background(write, done)

    def _on_answered(self, tab: GraphTab, answer: LoweredText | Problem) -> None:
        self._give_up.pop(tab.key, None)
        wanted = self.of(tab)
        if wanted.state != "working":
            return
        if isinstance(answer, Problem):
            is_news = answer.severity is not Severity.NOTE  # else it was given up
            wanted.state, wanted.problem = "failed" if is_news else "empty", answer
            self.changed.emit(tab.key)
            return

        def show(lines: LoweredLines) -> None:
            wanted.state, wanted.lines = "filled", lines
            self.changed.emit(tab.key)

        self._session.in_background(lambda: LoweredLines(answer), show)
