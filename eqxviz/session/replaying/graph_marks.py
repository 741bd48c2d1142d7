"""The marks beside the equations of a graph: what was read of a call, and what was found of it."""

from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.records import ValueSummary
from eqxviz.session.replaying.marks import ReadMark, mark_of
from eqxviz.session.replaying.places import is_replayed

if TYPE_CHECKING:
    from eqxviz.session.selecting import SelectionPart


class GraphMarks:
    """The marks of the call that is looked into.

    Signals:
        changed: The marks are others.
    """

    changed = Signal()

    def __init__(self, session: "SelectionPart") -> None:
        self._session = session
        self.read: dict[int, ReadMark] = {}  # by equation, of what was read of the call
        self._of: tuple[int, int] = (-1, -1)  # the function and call that it was read of
        self._blamed: tuple[int, dict[int, ReadMark]] = (-1, {})  # the function, and its marks

    def begin(self, function: int, call: int) -> None:
        """Forget what was read, unless it is of this call."""
        if self._of == (function, call):
            return
        self._of = function, call
        if self.read:
            self.read = {}
            self.changed.emit()

    def note(self, equation: int, value: ValueSummary) -> None:
        """Mark the equation that made `value`."""
        mark = mark_of(value)
        if mark is not None and self.read.get(equation) != mark:
            self.read[equation] = mark
            self.changed.emit()

    def set_blamed(self, function: int, marks: dict[int, ReadMark]) -> None:
        """Mark what was found of a call of `function`, over what was read of it."""
        if (function, marks) != self._blamed:
            self._blamed = function, marks
            self.changed.emit()

    def marks_in(self, tab: str) -> dict[int, ReadMark]:
        """Return the marks of the equations in the graph of the tab called `tab`."""
        shown = self._session.graph(tab)
        if shown is None or not is_replayed(shown):
            return {}
        read = self.read if shown.function == self._of[0] else {}
        return {**read, **(self._blamed[1] if shown.function == self._blamed[0] else {})}
