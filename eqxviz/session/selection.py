"""The one selection of the window, and its history."""

from dataclasses import dataclass
from typing import Literal

MAX_HISTORY = 200


@dataclass(frozen=True)
class Selection:
    """What is selected; fields that the kind does not need keep their defaults."""

    kind: Literal[
        "none", "node", "equation", "value", "group", "source", "function", "series", "compile"
    ] = "none"
    node: int = -1  # of the open model's tree
    equation: int = -1  # of the graph of the tab `graph`
    value: int = -1  # of the graph; also of a node that was selected there
    beside: tuple[int, ...] = ()  # what goes along the same edge as `value`
    group: int = -1  # of the graph of GraphTab.reading; also of such a node
    graph: str = ""  # GraphTab.key
    file: str = ""
    line: int = 0
    function: int = -1  # FunctionSeen.id; of a compilation as well
    series: int = -1  # Series.id
    step: int = -1  # at which a series was looked at
    compile: int = -1  # CompileEvent.id


class History:
    """Where the selection was: a line of places with a position, as in a browser."""

    def __init__(self) -> None:
        self._places: list[Selection] = [Selection()]
        self._at = 0

    @property
    def current(self) -> Selection:
        """The place that is selected now."""
        return self._places[self._at]

    @property
    def can_go_back(self) -> bool:
        """Whether there is an earlier place."""
        return self._at > 0

    @property
    def can_go_forward(self) -> bool:
        """Whether a place was left by going back."""
        return self._at < len(self._places) - 1

    def visit(self, place: Selection) -> bool:
        """Make `place` the current one and forget what lay ahead; False if it is current."""
        if place == self.current:
            return False
        del self._places[self._at + 1 :]
        self._places.append(place)
        del self._places[:-MAX_HISTORY]
        self._at = len(self._places) - 1
        return True

    def move(self, steps: int) -> bool:
        """Go `steps` places forward (back if negative); False if there is no such place."""
        at = self._at + steps
        if not 0 <= at < len(self._places):
            return False
        self._at = at
        return True

    def clear(self) -> None:
        """Forget all places: their ids belong to something that is gone."""
        self._places, self._at = [Selection()], 0
