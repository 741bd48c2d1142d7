"""Pictures of plots as files: the painter of the canvas and the legend, on an SVG or a PNG."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from eqxviz.gui.run.legend import entry_text, paint_entry
from eqxviz.gui.run.painting import PlotPainter
from eqxviz.gui.run.plot_card import title_of
from eqxviz.gui.theme import Theme
from eqxviz.session.plots.drawing import Drawing
from eqxviz.store.model_file import write_whole

_SVG_DPI = 96  # a unit is a pixel of CSS
_SCALE = 2.0  # pixels a unit of a PNG: for screens of twice the density, and print
_MOST_PIXELS = 120_000_000
_EDGE, _TITLE, _ROW = 12, 26, 20


def write_picture(
    path: Path, drawings: Sequence[Drawing], size: QSize, n_columns: int, theme: Theme
) -> None:
    """Write a picture of plots, each of `size` without its legend, as the suffix of `path` says.

    Raises:
        ValueError: If it is neither .png nor .svg.
        OSError: If the file cannot be written.
    """
    form = path.suffix.lower()
    if form not in (".png", ".svg"):
        raise ValueError(
            f"{path.name} does not say what is to be written: call it .png, or .svg for lines that "
            "stay sharp at any size."
        )
    sheet = _Sheet(drawings, size, n_columns, theme)
    content = sheet.svg() if form == ".svg" else _png(sheet.image(_SCALE))
    write_whole(path, [content])


def picture(drawing: Drawing, size: QSize, theme: Theme) -> QImage:
    """Return a picture of one plot for the clipboard."""
    return _Sheet([drawing], size, 1, theme).image(_SCALE)


class _Sheet:
    """Plots in columns, each with its title and its legend."""

    def __init__(
        self, drawings: Sequence[Drawing], size: QSize, n_columns: int, theme: Theme
    ) -> None:
        self._drawings, self._size, self._theme = drawings, size, theme
        self._n_columns = max(min(n_columns, len(drawings)), 1)
        rows = [drawings[i : i + self._n_columns] for i in range(0, len(drawings), self._n_columns)]
        n_entries = [max(len(drawing.all_lines) for drawing in row) for row in rows]
        self._heights = [_TITLE + size.height() + _ROW * n + 2 * _EDGE for n in n_entries]
        self._tops = [sum(self._heights[:i]) for i in range(len(rows))]
        width = self._n_columns * (size.width() + 2 * _EDGE)
        self._whole = QSize(width, max(sum(self._heights), 1))

    def image(self, scale: float) -> QImage:
        """Return it as pixels."""
        whole = self._whole
        scale = min(scale, (_MOST_PIXELS / (whole.width() * whole.height())) ** 0.5)
        image = QImage(whole * scale, QImage.Format.Format_RGB32)
        painter = QPainter(image)
        painter.scale(scale, scale)
        self._paint(painter, is_vector=False)
        painter.end()
        return image

    def svg(self) -> bytes:
        """Return it as lines and texts."""
        buffer = QBuffer()
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setResolution(_SVG_DPI)
        generator.setSize(self._whole)
        generator.setViewBox(QRect(0, 0, self._whole.width(), self._whole.height()))
        generator.setTitle(", ".join(title_of(drawing.plot) for drawing in self._drawings))
        generator.setDescription("Curves of a run, drawn by eqxviz")
        painter = QPainter(generator)
        self._paint(painter, is_vector=True)
        painter.end()
        svg = bytes(buffer.data().data()).decode()
        # A reader that lacks the fonts takes one of the kind.
        for kind, generic in (("sans", "sans-serif"), ("mono", "monospace")):
            family = self._theme.font(kind).family()  # type: ignore[arg-type]  # two of its kinds
            svg = svg.replace(f'font-family="{family}"', f'font-family="{family}, {generic}"')
        return svg.encode()

    def _paint(self, painter: QPainter, *, is_vector: bool) -> None:
        whole = QRect(0, 0, self._whole.width(), self._whole.height())
        painter.fillRect(whole, self._theme.color("base"))
        by = PlotPainter(self._theme)
        for i, drawing in enumerate(self._drawings):
            row, column = divmod(i, self._n_columns)
            painter.save()
            left = column * (self._size.width() + 2 * _EDGE) + _EDGE
            painter.translate(left, self._tops[row] + _EDGE)
            self._paint_plot(painter, by, drawing, is_vector)
            painter.restore()

    def _paint_plot(
        self, painter: QPainter, by: PlotPainter, drawing: Drawing, is_vector: bool
    ) -> None:
        width, height = self._size.width(), self._size.height()
        painter.setFont(self._theme.font("mono"))
        painter.setPen(self._theme.color("text"))
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRect(4, 0, width, _TITLE), middle, title_of(drawing.plot))
        painter.setFont(self._theme.font("small"))
        painter.setPen(self._theme.color("faint"))
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(QRect(4, 0, width - 14, _TITLE), right, drawing.note)
        painter.save()
        painter.translate(0, _TITLE)
        frame = by.frame(QRectF(0, 0, width, height), drawing)
        by.paint(painter, frame, drawing, is_vector=is_vector)
        painter.restore()
        n_lines = len(drawing.all_lines)
        for i, line in enumerate(drawing.all_lines):
            box = QRect(4, _TITLE + height + i * _ROW, width - 8, _ROW)
            text = entry_text(line, None)
            paint_entry(painter, box, line, text, self._theme, marked=n_lines > 1)


def _png(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # a device is as good as a name
    return bytes(buffer.data().data())
