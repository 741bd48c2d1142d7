"""What is looked for in a graph, what was found, and where one is among it."""

import numpy as np
from numpy.typing import NDArray

from eqxviz.session.graph.query import parse
from eqxviz.session.graph.reading import GraphReading


class GraphSearch:
    """The equations that match, and the current one; `problem` says why there are none."""

    def __init__(self) -> None:
        self.found: NDArray[np.int64] = np.zeros(0, np.int64)
        self.at = -1
        self.problem = ""

    def ask(self, text: str, reading: GraphReading | None) -> None:
        """Look for `text`; one stays at the equation where one was, if it is still found."""
        before = int(self.found[self.at]) if self.at >= 0 else -1
        query = parse(text)
        self.problem = query.problem
        self.found = reading.found(query) if reading is not None else self.found[:0]
        is_here = np.flatnonzero(self.found == before)
        self.at = int(is_here[0]) if len(is_here) else -1

    def step(self, by: int) -> int:
        """Go on by `by`, around the ends; return the equation, -1 if nothing was found."""
        if not len(self.found):
            return -1
        start = self.at if self.at >= 0 else min(-by, 0)
        self.at = (start + by) % len(self.found)
        return int(self.found[self.at])
