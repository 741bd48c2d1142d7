"""The bundled fonts: the same letters on every machine, and on one that has no fonts at all."""

from functools import cache
from typing import Literal

from PySide6.QtGui import QFont, QFontDatabase

from eqxviz.gui.theme.assets import asset

FontKind = Literal["sans", "strong", "mono", "small", "title"]

SANS, MONO = "Inter", "Eqxviz Mono"
_FILES = (
    *("Inter-Regular.otf", "Inter-Italic.otf", "Inter-SemiBold.otf"),
    *("EqxvizMono-Regular.ttf", "EqxvizMono-Italic.ttf", "EqxvizMono-Bold.ttf"),
)
_PIXELS: dict[FontKind, int] = {"sans": 13, "strong": 13, "mono": 12, "small": 11, "title": 17}


@cache
def load_fonts() -> None:
    """Make the bundled fonts known to Qt. Needs a QApplication; later calls cost nothing."""
    for name in _FILES:
        QFontDatabase.addApplicationFont(str(asset(f"fonts/{name}")))


def make_font(kind: FontKind) -> QFont:
    """Return a font whose digits all have one width; `mono` has a slashed zero."""
    load_fonts()
    mono = kind == "mono"
    font = QFont(MONO if mono else SANS)
    font.setStyleHint(QFont.StyleHint.Monospace if mono else QFont.StyleHint.SansSerif)
    font.setPixelSize(_PIXELS[kind])
    if not mono:
        font.setFeature(QFont.Tag("tnum"), 1)
    if kind in ("strong", "title"):
        font.setWeight(QFont.Weight.DemiBold)
    return font
