"""Numbers as colours: sequential for one sign, diverging around zero for both."""

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from eqxviz.gui.plotting.strip import SEQUENTIAL
from eqxviz.gui.theme import Theme
from eqxviz.records import ValueSummary

# Five stops, evenly spaced: blue over grey to orange, equal in lightness on both sides of zero.
_DIVERGING_LIGHT = ((0, 82, 147), (108, 168, 212), (240, 240, 240), (240, 160, 96), (178, 68, 0))
_DIVERGING_DARK = ((122, 190, 240), (40, 104, 156), (44, 46, 52), (170, 88, 24), (255, 172, 104))
_N_COLOURS = 256
_NOISE = 1e-6


class Colours:
    """The colour of each number between two ends; what lies beyond has the colour of its end."""

    def __init__(self, low: float, high: float, *, is_dark: bool, problem: QColor) -> None:
        self.is_diverging = low < 0 < high
        if self.is_diverging:
            high = max(-low, high)
            low = -high
        self.low, self.high = low, high
        stops = SEQUENTIAL
        if self.is_diverging:
            stops = _DIVERGING_DARK if is_dark else _DIVERGING_LIGHT
        at = np.linspace(0, 1, len(stops))
        place = np.linspace(0, 1, _N_COLOURS)
        self._table = np.full((_N_COLOURS + 1, 4), 255, np.uint8)
        for channel in range(3):
            column = np.interp(place, at, np.array(stops, np.float64)[:, channel])
            self._table[:_N_COLOURS, channel] = np.rint(column)
        self._table[_N_COLOURS, :3] = problem.red(), problem.green(), problem.blue()

    @staticmethod
    def of(values: NDArray[np.float32], theme: Theme) -> "Colours":
        """Return the colours for the finite ones of `values`."""
        finite = values[np.isfinite(values)]
        ends = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        return Colours.between(*ends, theme)

    @staticmethod
    def of_summary(value: ValueSummary, theme: Theme, *, is_whole: bool = False) -> "Colours":
        """Return the colours for the middle 98 % of an array, or with `is_whole` for all of it."""
        low, high = value.minimum, value.maximum
        if len(value.percentiles) and not is_whole:
            first, last = float(value.percentiles[0]), float(value.percentiles[-1])
            low, high = (first, last) if first < last else (low, high)
        return Colours.between(low, high, theme)

    @staticmethod
    def between(low: float, high: float, theme: Theme) -> "Colours":
        """Return the colours of `theme` for numbers from `low` to `high`."""
        if not (math.isfinite(low) and math.isfinite(high)):
            low = high = 0.0
        if high / 2 - low / 2 <= _NOISE * max(abs(low), abs(high)):
            # Equal but for rounding: nothing to be seen is better than noise.
            middle, margin = low / 2 + high / 2, max(abs(low), abs(high)) / 2 or 0.5
            low, high = middle - margin, middle + margin
        return Colours(low, high, is_dark=theme.is_dark, problem=theme.color("problem"))

    def image(self, values: NDArray[np.float32], flags: NDArray[np.uint8] | None = None) -> QImage:
        """Return `values` as a picture, a pixel each; what is flagged or no number is marked."""
        if values.size == 0:
            return QImage()
        # `high - low` might overflow; halves do not.
        width = self.high / 2 - self.low / 2
        with np.errstate(invalid="ignore", over="ignore"):
            place = (values / np.float32(2) - np.float32(self.low / 2)) / np.float32(width or 1.0)
            finite = np.isfinite(values)
            place = np.clip(np.where(finite, place, 0), 0, 1)
            rows = np.rint(place * np.float32(_N_COLOURS - 1)).astype(np.int16)
        marked = ~finite if flags is None else ~finite | (flags != 0)
        rows[marked] = _N_COLOURS
        pixels = self._table[rows]
        height, breadth = values.shape
        # Copied: QImage does not keep the buffer alive.
        form = QImage.Format.Format_RGBA8888
        return QImage(pixels.data, breadth, height, breadth * 4, form).copy()

    def scale(self) -> QImage:
        """Return all colours from the low end to the high one, in a row."""
        pixels = np.ascontiguousarray(self._table[None, :_N_COLOURS])
        form = QImage.Format.Format_RGBA8888
        return QImage(pixels.data, _N_COLOURS, 1, _N_COLOURS * 4, form).copy()

    def text_on(self, value: float) -> QColor:
        """Return black or white, whichever can be read on the colour of `value`."""
        if not math.isfinite(value):
            row = _N_COLOURS
        else:
            width = (self.high - self.low) or 1.0
            place = min(max((value - self.low) / width, 0.0), 1.0)
            row = round(place * (_N_COLOURS - 1))
        red, green, blue = (int(c) for c in self._table[row, :3])
        is_light = 0.299 * red + 0.587 * green + 0.114 * blue > 140
        return QColor(20, 22, 26) if is_light else QColor(250, 250, 250)
