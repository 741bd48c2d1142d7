"""A row of numbers as a strip of colours, dark to light on a logarithmic scale."""

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from eqxviz.gui.theme import Theme

# Evenly spaced, lightness rising evenly: dark blue over green to yellow.
SEQUENTIAL = ((34, 22, 74), (36, 80, 132), (30, 135, 129), (112, 188, 86), (248, 226, 60))
_N_COLOURS = 256
_UNKNOWN, _ZERO, _NAN = _N_COLOURS, _N_COLOURS + 1, _N_COLOURS + 2


class StripColours:
    """The colours of magnitudes between `low` and `high`; 0, NaN and -1 (unknown) have their own.

    Zero is the colour of faint lines, what is not known is left blank, NaN is a problem's.
    """

    def __init__(self, low: float, high: float, theme: Theme) -> None:
        self.low, self.high = low, high
        place = np.linspace(0, 1, _N_COLOURS)
        at = np.linspace(0, 1, len(SEQUENTIAL))
        self._table = np.full((_N_COLOURS + 3, 4), 255, np.uint8)
        for channel in range(3):
            stops = np.array(SEQUENTIAL, np.float64)[:, channel]
            self._table[:_N_COLOURS, channel] = np.rint(np.interp(place, at, stops))
        self._table[_UNKNOWN] = 0
        self._table[_ZERO] = _channels(theme.color("line"))
        self._table[_NAN] = _channels(theme.color("problem"))

    def rows(self, values: NDArray[np.floating]) -> NDArray[np.intp]:
        """Return the rows of the table of colours for `values`."""
        low, high = math.log(self.low), math.log(self.high)
        with np.errstate(divide="ignore", invalid="ignore"):
            place = (np.log(values) - low) / ((high - low) or 1.0)
            rows = np.rint(np.clip(np.nan_to_num(place, nan=0.0), 0, 1) * (_N_COLOURS - 1))
        found = rows.astype(np.intp)
        found[values == 0] = _ZERO
        found[values < 0] = _UNKNOWN
        found[np.isnan(values)] = _NAN
        return found

    def image(self, values: NDArray[np.floating]) -> QImage:
        """Return `values`, a matrix, as a picture, a pixel each."""
        if not values.size:
            return QImage()
        pixels = np.ascontiguousarray(self._table[self.rows(values)])
        height, width = values.shape
        form = QImage.Format.Format_RGBA8888
        # Copied: QImage does not keep the buffer alive.
        return QImage(pixels.data, width, height, width * 4, form).copy()

    def scale(self) -> QImage:
        """Return all colours from the low end to the high one, in a row."""
        pixels = np.ascontiguousarray(self._table[None, :_N_COLOURS])
        form = QImage.Format.Format_RGBA8888
        return QImage(pixels.data, _N_COLOURS, 1, _N_COLOURS * 4, form).copy()


def columns_at(steps: NDArray[np.int64], n_pixels: int) -> NDArray[np.intp]:
    """Return the column that is shown at each of so many pixels, evenly by step."""
    if not len(steps) or n_pixels <= 0:
        return np.zeros(0, np.intp)
    places = np.linspace(float(steps[0]), float(steps[-1]), n_pixels)
    return np.minimum(np.searchsorted(steps, places - 0.5), len(steps) - 1)


def _channels(colour: QColor) -> tuple[int, int, int, int]:
    return colour.red(), colour.green(), colour.blue(), 255
