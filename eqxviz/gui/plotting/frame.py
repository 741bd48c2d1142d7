"""Where the places of a plot are on the screen, and back."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF

Range = tuple[float, float]

_FAR = 20_000.0  # pixels: what is farther away cannot be told from it, and Qt draws it wrongly


class Frame:
    """The rectangle in which lines are drawn, and the places at its edges.

    `window` are those at the left and the right, `reach` those at the bottom and the top.
    """

    def __init__(self, box: QRectF, window: Range, reach: Range) -> None:
        self.box = box
        self._left, right = window
        self._bottom, top = reach
        self._per_x = box.width() / (right - self._left or 1.0)
        self._per_y = box.height() / (top - self._bottom or 1.0)

    def xs(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the pixels of places along x."""
        return np.clip(self.box.left() + (places - self._left) * self._per_x, -_FAR, _FAR)

    def ys(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the pixels of places along y; those beyond the edges are not far beyond them."""
        with np.errstate(over="ignore"):
            pixels = self.box.bottom() - (places - self._bottom) * self._per_y
        return np.clip(pixels, self.box.top() - 200, self.box.bottom() + 200)

    def x(self, place: float) -> float:
        """Return the pixel of a place along x."""
        return self.box.left() + (place - self._left) * self._per_x

    def y(self, place: float) -> float:
        """Return the pixel of a place along y."""
        return self.box.bottom() - (place - self._bottom) * self._per_y

    def place_x(self, x: float) -> float:
        """Return the place along x of a pixel."""
        return self._left + (x - self.box.left()) / (self._per_x or 1.0)

    def place_y(self, y: float) -> float:
        """Return the place along y of a pixel."""
        return self._bottom + (self.box.bottom() - y) / (self._per_y or 1.0)

    def holds(self, at: QPointF) -> bool:
        """Return whether a pixel is where lines are drawn."""
        return self.box.contains(at)
