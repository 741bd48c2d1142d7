"""How well one colour is seen on another, after the Web Content Accessibility Guidelines."""

from PySide6.QtGui import QColor

TEXT = 4.5  # what a text needs on its ground
OUTLINE = 1.9  # and what the outline of a shape does
_STEPS = 20


def contrast(one: QColor, other: QColor) -> float:
    """Return the contrast ratio of two colours: 1 for the same, 21 for black and white."""
    dim, bright = sorted((_luminance(one), _luminance(other)))
    return (bright + 0.05) / (dim + 0.05)


def legible(ink: QColor, ground: QColor, towards: QColor, least: float = TEXT) -> QColor:
    """Return `ink` with as little of `towards` in it as is needed to be seen on `ground`."""
    tried = (mixed(ink, towards, step / _STEPS) for step in range(_STEPS))
    return next((color for color in tried if contrast(color, ground) >= least), towards)


def mixed(first: QColor, second: QColor, share: float) -> QColor:
    """Return a colour between two: `share` of the second."""
    return QColor.fromRgbF(
        first.redF() + (second.redF() - first.redF()) * share,
        first.greenF() + (second.greenF() - first.greenF()) * share,
        first.blueF() + (second.blueF() - first.blueF()) * share,
    )


def _luminance(color: QColor) -> float:
    parts = (color.redF(), color.greenF(), color.blueF())
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
