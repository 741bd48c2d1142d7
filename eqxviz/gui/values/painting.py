"""Painting a tile: cells, lines, marks of what is not finite, and the elements as text."""

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from eqxviz.gui.theme import Theme
from eqxviz.gui.values.camera import MatrixCamera
from eqxviz.gui.values.colours import Colours
from eqxviz.records import CellFlag, Tile

_GRID_FROM = 10.0  # pixels
_HATCH_FROM = 4.0
_MOST_HATCHED = 2000


def paint_grid(painter: QPainter, camera: MatrixCamera, tile: Tile, theme: Theme) -> None:
    """Draw lines between elements that are large."""
    if min(camera.scale) < _GRID_FROM or tile.block != (1, 1):
        return
    area = camera.tile_area(tile)
    painter.setPen(QPen(theme.color("base"), 1))
    rows, columns = tile.mean.shape
    for i in range(rows + 1):
        y = area.top() + i * camera.scale[1]
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
    for j in range(columns + 1):
        x = area.left() + j * camera.scale[0]
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))


def paint_problems(painter: QPainter, camera: MatrixCamera, tile: Tile) -> None:
    """Hatch the cells that hold NaN (rising lines) or infinities (falling lines)."""
    rows, columns = (places.tolist() for places in tile.flags.nonzero())
    cell = camera.block_area(tile, 0, 0) if rows else QRectF()
    if len(rows) > _MOST_HATCHED or min(cell.width(), cell.height()) < _HATCH_FROM:
        return
    for i, j in zip(rows, columns, strict=True):
        is_nan = int(tile.flags[i, j]) & CellFlag.NAN
        pattern = Qt.BrushStyle.BDiagPattern if is_nan else Qt.BrushStyle.FDiagPattern
        brush = QBrush(QColor(255, 255, 255, 170), pattern)
        painter.fillRect(camera.block_area(tile, i, j), brush)


def paint_texts(
    painter: QPainter, camera: MatrixCamera, tile: Tile, colours: Colours, theme: Theme
) -> None:
    """Write the elements into their cells, where they are seen."""
    painter.setFont(theme.font("small"))
    metrics = painter.fontMetrics()
    n_rows, n_columns = tile.mean.shape
    rows, columns = camera.window()
    for i in range(max(rows[0] - tile.rows[0], 0), min(rows[1] - tile.rows[0], n_rows)):
        for j in range(
            max(columns[0] - tile.columns[0], 0), min(columns[1] - tile.columns[0], n_columns)
        ):
            area = camera.block_area(tile, i, j)
            value = math.nan if tile.flags[i, j] else float(tile.mean[i, j])
            colour = colours.text_on(value)
            text = tile.texts[i * n_columns + j]
            width = int(area.width()) - 4
            if metrics.horizontalAdvance(text) > width and math.isfinite(value):
                text = f"{value:.3g}"
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
            if math.isnan(value):  # on a hatched ground
                ground = QRectF(0, 0, metrics.horizontalAdvance(text) + 4, metrics.height())
                ground.moveCenter(area.center())
                painter.fillRect(ground, theme.color("problem"))
            painter.setPen(colour)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)


def paint_cursor(painter: QPainter, area: QRectF, theme: Theme) -> None:
    """Draw a frame that is seen on any colour."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for width, role in ((3, "base"), (1, "text")):
        painter.setPen(QPen(theme.color(role), width))
        painter.drawRect(area)
