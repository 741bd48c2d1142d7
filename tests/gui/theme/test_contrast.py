"""How well one colour is seen on another."""

import pytest
from PySide6.QtGui import QColor

from eqxviz.gui.graph.metrics import BoxMetrics
from eqxviz.gui.graph.painting import Inks
from eqxviz.gui.theme import Theme
from eqxviz.gui.theme.contrast import TEXT, contrast, legible
from eqxviz.session.graph.colouring import RAMP

KINDS = tuple(f"kind.{name}" for name in ("matmul", "elementwise", "reduce", "move", "control"))


def test_black_on_white_has_the_largest_contrast_and_a_colour_on_itself_none():
    assert contrast(QColor("black"), QColor("white")) == pytest.approx(21)
    assert contrast(QColor("#5f6875"), QColor("#5f6875")) == 1


def test_an_ink_that_can_be_read_stays_as_it_is():
    assert legible(QColor("#111111"), QColor("white"), QColor("black")) == QColor("#111111")


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_small_print_of_every_box_can_be_read_and_every_box_has_an_outline(qapp, mode: str):
    theme = Theme(mode)
    inks = Inks(theme, BoxMetrics(theme), (*RAMP, *KINDS))
    for fill, small, border in zip(inks.fills, inks.small, inks.borders, strict=True):
        assert contrast(small, fill) >= TEXT
        assert contrast(inks.text, fill) >= TEXT
        assert contrast(border, inks.base) >= 1.9
