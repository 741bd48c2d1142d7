"""The theme: light, dark, fonts, icons."""

import pytest
from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QColor, QFontInfo, QFontMetricsF, QIcon, QImage, QPainter, QPixmap

from eqxviz.gui.theme import Theme, asset
from eqxviz.gui.theme.palette import DARK, LIGHT


def test_switching_tells_once_and_changes_the_colours(qtbot, theme: Theme):
    with qtbot.waitSignal(theme.changed):
        theme.set_mode("dark")
    assert theme.is_dark
    assert theme.color("base").name() == DARK["base"]


def test_choosing_what_holds_already_tells_nothing(qtbot, theme: Theme):
    with qtbot.assertNotEmitted(theme.changed):
        theme.set_mode("light")


def test_an_unknown_role_is_refused(theme: Theme):
    with pytest.raises(KeyError, match="mauve"):
        theme.color("mauve")
    with pytest.raises(KeyError, match="mauve"):
        theme.icon("mdi6.pause", "mauve")


def main_color(icon: QIcon, mode: QIcon.Mode = QIcon.Mode.Normal) -> str:
    image = icon.pixmap(QSize(32, 32), mode).toImage()
    solid = (image.pixelColor(x, y) for x in range(32) for y in range(32))
    return next(color.name() for color in solid if color.alpha() == 255)


def test_an_icon_follows_the_theme(theme: Theme):
    icon = theme.icon("mdi6.square", "accent")
    assert main_color(icon) == LIGHT["accent"]
    theme.set_mode("dark")
    assert main_color(icon) == DARK["accent"]


def test_an_icon_of_something_disabled_is_faint(theme: Theme):
    assert main_color(theme.icon("mdi6.square"), QIcon.Mode.Disabled) == LIGHT["none"]


def test_fonts_are_the_bundled_ones(theme: Theme):
    assert QFontInfo(theme.font("sans")).family() == "Inter"
    assert QFontInfo(theme.font("mono")).family() == "Eqxviz Mono"


@pytest.mark.parametrize("kind", ["sans", "mono", "small", "title"])
def test_all_digits_have_one_width(theme: Theme, kind):
    metrics = QFontMetricsF(theme.font(kind))
    widths = [metrics.horizontalAdvance(digit * 10) for digit in "0123456789"]
    assert max(widths) - min(widths) < 0.5


def test_a_font_that_was_handed_out_can_be_changed_freely(theme: Theme):
    theme.font("sans").setPixelSize(40)
    assert theme.font("sans").pixelSize() != 40


def test_a_still_theme_lets_animations_last_no_time(qtbot, qapp, theme: Theme):
    from PySide6.QtWidgets import QStyle, QWidget

    widget = QWidget()
    qtbot.addWidget(widget)
    theme.set_still(True)
    hint = QStyle.StyleHint.SH_Widget_Animation_Duration
    assert widget.style().styleHint(hint, None, widget) == 0


@pytest.mark.parametrize(
    "name",
    [
        "eqxviz.svg",
        "fonts/Inter-Regular.otf",
        "fonts/Inter-LICENSE.txt",
        "fonts/EqxvizMono-LICENSE.txt",
    ],
)
def test_what_the_window_loads_is_there(name: str):
    assert asset(name).is_file()


def test_code_shows_the_characters_that_were_typed(theme: Theme):
    together, apart = _drawn(theme, "->"), _drawn(theme, "-", ">")
    assert together == apart


def _drawn(theme: Theme, *pieces: str) -> bytes:
    image = QImage(60, 24, QImage.Format.Format_Grayscale8)
    image.fill(0)
    painter = QPainter(image)
    painter.setFont(theme.font("mono"))
    painter.setPen(QColor("white"))
    x = 4.0
    for piece in pieces:
        painter.drawText(QPointF(x, 16), piece)
        x += QFontMetricsF(painter.font()).horizontalAdvance(piece)
    painter.end()
    return bytes(image.constBits())


@pytest.mark.full
def test_an_icon_that_is_added_to_outlives_the_collection_of_garbage(theme: Theme):
    import gc

    gc.freeze()  # what other tests have left takes seconds to look through
    try:
        for _ in range(5):
            changed = QIcon(theme.icon("mdi6.play"))
            changed.addPixmap(QPixmap(4, 4))  # Qt clones the engine
            gc.collect()
            assert not changed.pixmap(16, 16).isNull()
    finally:
        gc.unfreeze()


def test_an_icon_has_all_the_pixels_of_a_dense_display(theme: Theme):
    pixmap = theme.icon("mdi6.square").pixmap(QSize(16, 16), 2.0)
    assert (pixmap.width(), pixmap.devicePixelRatio()) == (32, 2.0)
    sides = {pixmap.toImage().pixelColor(16, 16).name(), LIGHT["text"]}
    assert len(sides) == 1
