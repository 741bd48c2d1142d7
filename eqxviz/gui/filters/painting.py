"""Paints the rows of one half; marks, boxes and chevrons are drawn once, and kept."""

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPolygonF

from eqxviz.gui.filters.model import HalfModel
from eqxviz.gui.theme import Theme, paint_mark
from eqxviz.gui.widgets import row_signs
from eqxviz.gui.widgets.row_signs import RowSigns, levels_indented
from eqxviz.session.filters.half_cells import NAME, PARAMETERS, VALUE, HalfCells

ROW_HEIGHT = 24
_INDENT = 12
_SIDE = 13  # of a check box and of a mark
_GAP = 5
_LEFT = (Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter).value
_RIGHT = (Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter).value
# Signs that are boxes, by the share that is ticked; "none" alone is the mark of None.
_BOXES = {"box all": "all", "box some": "some", "box none": "none"}
_ROLES = ("text", "faint", "line", "selection", "hover", "accent")


def chevron_rect(cell: QRect, depth: int) -> QRect:
    """Return where the chevron of a row of this depth is, in the coordinates of its name cell."""
    return row_signs.chevron_rect(cell, depth, _INDENT)


def box_rect(cell: QRect, depth: int) -> QRect:
    """Return where the check box of a row of this depth is."""
    top = cell.top() + (cell.height() - _SIDE) // 2
    return QRect(chevron_rect(cell, depth).right() + 3, top, _SIDE, _SIDE)


class HalfPainter:
    """Draws chevron, box, mark and name; what the other half has is None, and faint."""

    def __init__(self, model: HalfModel, theme: Theme) -> None:
        self._model = model
        self._theme = theme
        self.refresh()

    def refresh(self) -> None:
        """Ask the theme again for colours and fonts."""
        theme = self._theme
        self._fonts = {kind: theme.font(kind) for kind in ("sans", "mono", "small")}
        self._fonts["italic"] = theme.font("sans")
        self._fonts["italic"].setItalic(True)
        self._metrics = {kind: QFontMetrics(font) for kind, font in self._fonts.items()}
        self._colors = {role: theme.color(role) for role in _ROLES}
        self._signs = RowSigns(theme, _paint_sign)

    def fill(self, role: str) -> QColor:
        """Return a colour to fill a row with: "selection", "hover", "accent"."""
        return self._colors[role]

    def paint_cell(self, painter: QPainter, node: int, column: int, rect: QRect) -> None:
        """Draw a cell of the row of `node`."""
        cells = self._model.cells
        if cells is None:
            return
        if column == NAME:
            self._paint_name(painter, rect, cells, node)
        else:
            self._paint_text(painter, rect, cells, node, column)

    def _paint_name(self, painter: QPainter, rect: QRect, cells: HalfCells, node: int) -> None:
        outline = self._model.outline
        if outline is None:
            return
        depth = outline.depth_of(node)
        painter.setPen(self._colors["line"])
        painter.drawLines(row_signs.guides(rect, depth, _INDENT))
        if cells.tree.n_children[node] > 0:
            name = "open" if outline.is_expanded(node) else "closed"
            self._put(painter, name, "faint", chevron_rect(rect, depth).left() + 1, rect)
        box = box_rect(rect, depth)
        share = cells.share(node)
        if share:
            color = "none" if share == "none" else "accent"
            self._put(painter, f"box {share}", color, box.left(), rect)
        x = box.right() + 1 + _GAP
        if depth > levels_indented(rect.width(), _INDENT):
            room = QRect(x, rect.top(), rect.right() - x, rect.height())
            x += self._draw(painter, f"depth {depth:,}", room, "small", True) + _GAP
        is_absent, mark = cells.is_absent(node), cells.mark(node)
        if mark:
            self._put(painter, mark, "none" if is_absent else mark, x, rect)
            x += _SIDE + _GAP
        font = "italic" if mark == "static_field" else "sans"
        is_faint = is_absent or mark == "static_field"
        name, room = cells.text(node, NAME), QRect(x, rect.top(), rect.right() - x, rect.height())
        x += self._draw(painter, name, room, font, is_faint) + 8
        room.setLeft(x)
        self._draw(painter, cells.kind(node), room, "small", True)

    def _paint_text(
        self, painter: QPainter, rect: QRect, cells: HalfCells, node: int, column: int
    ) -> None:
        text = cells.text(node, column)
        if not text:
            return
        is_inner = cells.tree.n_children[node] > 0
        is_faint = is_inner or text == "None" or cells.mark(node) == "static_field"
        font = "mono" if column == VALUE else "sans"
        align = _RIGHT if column == PARAMETERS else _LEFT
        middle = Qt.TextElideMode.ElideMiddle
        self._draw(painter, text, rect.adjusted(8, 0, -8, 0), font, is_faint, align, middle)

    def _draw(
        self,
        painter: QPainter,
        text: str,
        room: QRect,
        font: str,
        is_faint: bool,
        align: int = _LEFT,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> int:
        """Draw `text` elided into `room`, and return its width in pixels."""
        if room.width() <= 8 or not text:
            return 0
        painter.setFont(self._fonts[font])
        painter.setPen(self._colors["faint" if is_faint else "text"])
        metrics = self._metrics[font]
        width = metrics.horizontalAdvance(text)
        if width > room.width():
            text = metrics.elidedText(text, elide, room.width())
            width = room.width()
        painter.drawText(room, align, text)
        return width

    def _put(self, painter: QPainter, name: str, role: str, x: int, rect: QRect) -> None:
        """Put a mark, a box or a chevron at `x`, in the middle of the row."""
        top = rect.top() + (rect.height() - _SIDE) // 2
        ratio = painter.device().devicePixelRatio()
        painter.drawPixmap(x, top, self._signs.pixmap(name, role, _SIDE, ratio))


def _paint_sign(painter: QPainter, box: QRectF, name: str, color: QColor) -> None:
    if name in _BOXES:
        _paint_box(painter, box, _BOXES[name], color)
    else:
        paint_mark(painter, box, name, color)


def _paint_box(painter: QPainter, box: QRectF, share: str, color: QColor) -> None:
    """Draw a check box: a tick for all, a bar for some, nothing in it for none."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    frame = box.adjusted(0.5, 0.5, -0.5, -0.5)
    painter.setPen(QPen(color, 1.2))
    painter.drawRoundedRect(frame, 3, 3)
    painter.setPen(QPen(color, 1.8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    tick = ((0.24, 0.52), (0.43, 0.71), (0.77, 0.30))
    bar = ((0.27, 0.5), (0.73, 0.5))
    line = {"all": tick, "some": bar}.get(share, ())
    x, y, side = frame.left(), frame.top(), frame.width()
    if line:
        painter.drawPolyline(QPolygonF([QPointF(x + a * side, y + b * side) for a, b in line]))
