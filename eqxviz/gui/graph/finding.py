"""The search of one graph: what was found, and where one is among it."""

import numpy as np
from numpy.typing import NDArray

from eqxviz.layout import GraphText


class Finding:
    """The equations that match, and the current one; `fault` says why a search cannot be made."""

    def __init__(self) -> None:
        self.found: NDArray[np.int64] = np.zeros(0, np.int64)
        self.at = -1
        self.fault = ""

    def search(self, wanted: str, text: GraphText | None) -> None:
        """Find `wanted` in the text of a graph; nothing where it is blank, or there is no graph."""
        self.found, self.at, self.fault = self.found[:0], -1, ""
        if text is None or not wanted.strip():
            return
        try:
            self.found = text.find(wanted)
        except ValueError as error:
            self.fault = str(error)

    def step(self, step: int) -> int:
        """Go on by `step`, around the end; return the equation, -1 if nothing was found."""
        if not len(self.found):
            return -1
        start = self.at if self.at >= 0 or step > 0 else 0
        self.at = (start + step) % len(self.found)
        return int(self.found[self.at])
