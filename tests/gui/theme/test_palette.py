"""Colours by role: light and dark say the same, and can be read."""

import pytest
from PySide6.QtGui import QColor

from eqxviz.gui.theme.palette import DARK, LIGHT
from eqxviz.session.marks import MARKS


def luminance(color: QColor) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in (color.redF(), color.greenF(), color.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a: str, b: str) -> float:
    bright, dim = sorted((luminance(QColor(a)), luminance(QColor(b))), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def test_light_and_dark_have_the_same_roles():
    assert LIGHT.keys() == DARK.keys()


def test_every_mark_has_a_colour():
    assert MARKS.keys() <= LIGHT.keys()


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("surface", ["window", "base", "raised"])
@pytest.mark.parametrize("role", ["text", "faint", "link", "problem"])
def test_words_can_be_read_on_every_surface(palette: dict[str, str], surface: str, role: str):
    assert contrast(palette[role], palette[surface]) >= 4.2


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_the_selected_row_can_be_read(palette: dict[str, str]):
    assert contrast(palette["text"], palette["selection"]) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("role", [r for r in LIGHT if r.startswith(("kind.", "curve."))])
def test_marks_stand_out_from_the_base(palette: dict[str, str], role: str):
    assert contrast(palette[role], palette["base"]) >= 2.7


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_syntax_can_be_read(palette: dict[str, str]):
    roles = [r for r in palette if r.startswith("syntax.")]
    assert roles
    assert all(contrast(palette[r], palette["base"]) >= 4.2 for r in roles)
