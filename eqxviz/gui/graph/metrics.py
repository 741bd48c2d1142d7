"""How large each box is: its texts measured in the theme's fonts, at zoom 1."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QFont, QFontMetricsF

from eqxviz.gui.theme import Theme
from eqxviz.layout import BoxKind, BoxText, FrameText, VisibleGraph

STRIPE = 4.0
PADDING = 11.0
CHEVRON = 16.0
TITLE_ROW = 22.0
ROW = 16.0
MARGIN = 6.0
TITLE_GAP = 16.0
_NARROWEST = 104.0


class BoxMetrics:
    """Widths of texts, read once from the fonts.

    Made in the GUI thread; measures in any thread after that.
    """

    def __init__(self, theme: Theme) -> None:
        self.title_font = unhinted(theme.font("strong"))
        self.mono_font = unhinted(theme.font("mono"))
        self.row_font = unhinted(theme.font("mono"))
        self.row_font.setPixelSize(11)
        self.small_font = unhinted(theme.font("small"))
        self.fonts = {
            "title": self.title_font,
            "mono": self.mono_font,
            "row": self.row_font,
            "small": self.small_font,
        }
        self._tables = {name: _Widths(font) for name, font in self.fonts.items()}

    def width(self, font: str, text: str) -> float:
        """Return how wide `text` is in the font called "title", "mono", "row" or "small"."""
        return self._tables[font].of(text)

    def box_sizes(self, seen: VisibleGraph, texts: list[BoxText]) -> NDArray[np.float64]:
        """Return width and height of each box."""
        return np.array(
            [self._box_size(t, int(k)) for t, k in zip(texts, seen.box_kind, strict=True)]
        ).reshape(-1, 2)

    def frame_widths(self, titles: list[FrameText]) -> NDArray[np.float64]:
        """Return how wide each frame must be for its title bar."""
        return np.array(
            [
                self.width("title", t.title) + self.width("small", t.detail) + CHEVRON + 48
                for t in titles
            ]
        )

    def _box_size(self, text: BoxText, kind: int) -> tuple[float, float]:
        pill = kind in (BoxKind.ARGUMENT, BoxKind.OUTPUT)
        font = "mono" if pill else "title"
        first = self.width(font, text.title)
        if text.shape:
            first += TITLE_GAP + self.width("mono", text.shape)
        if text.n_inside:
            first += CHEVRON
        rows = [self.width("row", row) for row in text.rows]
        widest = max([first, *rows, self.width("small", text.source)])
        side = PADDING if pill else PADDING + STRIPE / 2
        n_rows = len(rows) + bool(text.source)
        height = TITLE_ROW + ROW * n_rows + MARGIN * (1 if n_rows else 0.5)
        return max(np.ceil(widest + 2 * side), _NARROWEST), height + MARGIN * 0.5


class _Widths:
    """The widths of the characters of one font."""

    def __init__(self, font: QFont) -> None:
        metrics = QFontMetricsF(font)
        self._known = {chr(c): metrics.horizontalAdvance(chr(c)) for c in range(32, 127)}
        for c in "→↑↓×·…µ":
            self._known[c] = metrics.horizontalAdvance(c)
        self._other = metrics.horizontalAdvance("W")

    def of(self, text: str) -> float:
        return sum(self._known.get(c, self._other) for c in text)


def unhinted(font: QFont) -> QFont:
    """Return `font` so that its letters keep their proportions at every zoom."""
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font
