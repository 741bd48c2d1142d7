"""The marks: a shape for each meaning."""

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from eqxviz.gui.theme import paint_mark
from eqxviz.session.marks import MARKS


def painted(name: str, side: int = 24) -> bytes:
    image = QImage(side, side, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    paint_mark(painter, QRectF(0, 0, side, side), name, QColor("#000000"))
    painter.end()
    return bytes(image.constBits())


def test_no_two_marks_have_one_shape(qapp):
    shapes = {name: painted(name) for name in MARKS}
    assert len(set(shapes.values())) == len(shapes)


@pytest.mark.parametrize("side", [8, 12, 48])
@pytest.mark.parametrize("name", list(MARKS))
def test_a_mark_is_seen_at_every_size_and_stays_within(qapp, name: str, side: int):
    image = QImage(side + 20, side + 20, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    paint_mark(painter, QRectF(10, 10, side, side), name, QColor("#000000"))
    painter.end()
    inked = [
        (x, y)
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() > 0
    ]
    assert inked
    assert all(9 <= x <= side + 10 and 9 <= y <= side + 10 for x, y in inked)


def test_the_painter_is_as_it_was(qapp):
    image = QImage(20, 20, QImage.Format.Format_ARGB32)
    painter = QPainter(image)
    pen, transform = painter.pen(), painter.transform()
    for name in MARKS:
        paint_mark(painter, QRectF(0, 0, 20, 20), name, QColor("red"))
    assert painter.pen() == pen
    assert painter.transform() == transform
    painter.end()


def test_an_unknown_mark_is_refused(qapp):
    image = QImage(20, 20, QImage.Format.Format_ARGB32)
    painter = QPainter(image)
    with pytest.raises(KeyError, match="star"):
        paint_mark(painter, QRectF(0, 0, 20, 20), "star", QColor("red"))
    painter.restore()
    painter.end()
