"""A small plot over the time of a run: its lines, and where nothing is known."""

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from eqxviz.gui.system.time_plot import TimePlot
from eqxviz.gui.theme import Theme
from eqxviz.session.system.lines import Line, Plot
from tests.gui.shown import put_on_screen

WIDTH, HEIGHT = 300, 160


def drawn(qtbot, theme: Theme, seconds: np.ndarray, *lines: Line) -> QImage:
    """Return the picture of a plot of these lines."""
    plot = put_on_screen(qtbot, TimePlot(theme, None), WIDTH, HEIGHT)
    plot.show_plot(Plot("Memory", seconds, lines, lambda value: f"{value:.0f}", "said"))
    return plot.grab().toImage()


def rows_with(image: QImage, color: QColor, column: int) -> list[int]:
    """Return where in a column of pixels something is of about this colour."""

    def is_near(y: int) -> bool:
        found = image.pixelColor(column, y)
        apart = zip(found.getRgb()[:3], color.getRgb()[:3], strict=True)
        return sum(abs(a - b) for a, b in apart) < 60

    return [y for y in range(image.height()) if is_near(y)]


def test_a_peak_among_very_many_samples_is_seen(qtbot, theme: Theme):
    values = np.full(3600, 10.0)
    values[1800] = 100.0
    image = drawn(qtbot, theme, np.arange(3600.0), Line("process", values))
    color = theme.color("curve.0")
    middle = [y for x in range(147, 154) for y in rows_with(image, color, x)]
    beside = [y for x in range(100, 110) for y in rows_with(image, color, x)]
    assert min(middle) < 80
    assert min(beside) > 110


def test_where_nothing_is_known_there_is_no_line(qtbot, theme: Theme):
    values = np.full(100, 50.0)
    values[40:60] = np.nan
    image = drawn(qtbot, theme, np.arange(100.0), Line("process", values))
    color = theme.color("curve.0")
    assert rows_with(image, color, 60)
    assert rows_with(image, color, 240)
    assert not rows_with(image, color, 150)


@pytest.mark.parametrize("n", [0, 1])
def test_few_samples_are_no_trouble(qtbot, theme: Theme, n: int):
    image = drawn(qtbot, theme, np.arange(float(n)), Line("process", np.full(n, 5.0)))
    color = theme.color("curve.0")
    assert any(rows_with(image, color, x) for x in range(WIDTH)) == (n > 0)


def test_a_limit_is_broken(qtbot, theme: Theme):
    seconds = np.arange(50.0)
    lines = Line("in use", np.full(50, 90.0)), Line("limit", np.full(50, 100.0), is_limit=True)
    image = drawn(qtbot, theme, seconds, *lines)
    color = theme.color("problem")
    columns = [bool([y for y in rows_with(image, color, x) if y > 40]) for x in range(10, 290)]
    assert 100 < sum(columns) < 240
