"""The legend of a plot: for each line how it looks, what it is called, and what it is now."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QToolButton, QWidget

from eqxviz.gui.plotting.glyphs import SAMPLE_WIDTH, colour_role, paint_sample
from eqxviz.gui.theme import Theme
from eqxviz.session import formatting
from eqxviz.session.plots.lines import Line
from eqxviz.session.plots.reading import Reading

_HEIGHT = 20
_GAP = 8
_LEAST_LABEL, _MOST_LABEL = 60, 190
_MOST_ROWS = 4
_NARROW = 400  # pixels: a narrower entry says the value alone
_WIDEST = "-0.000000e-00"
_USUAL = "min 0.000000   max 0.000000"  # as wide at least, so that values stand in one column


class EntryText(NamedTuple):
    """What a legend says of a line."""

    label: str
    value: str
    extremes: str


def entry_text(line: Line, reading: Reading | None) -> EntryText:
    """Return what is said of `line`: its last value, or the one at the cursor."""
    last = line.curve.last()
    value = formatting.number(last.value) if last is not None else formatting.NOTHING
    if reading is not None:
        value = reading.text
    low, high = line.curve.extremes()
    extremes = ""
    if math.isfinite(low):
        extremes = f"min {formatting.number(low)}   max {formatting.number(high)}"
    return EntryText(line.label, value, extremes)


def paint_entry(
    painter: QPainter,
    box: QRect,
    line: Line,
    text: EntryText,
    theme: Theme,
    *,
    marked: bool,
    is_selected: bool = False,
) -> None:
    """Paint one line of a legend; a hidden curve is faint and struck through."""
    style = line.style
    colour = QColor(theme.color("none" if line.is_hidden else colour_role(style)))
    sample = QRectF(box.left(), box.top(), SAMPLE_WIDTH, box.height())
    paint_sample(painter, sample, style, colour, theme.color("base"), marked=marked)
    font, mono = theme.font("small"), theme.font("mono")
    font.setStrikeOut(line.is_hidden)
    font.setBold(is_selected)
    rest = box.adjusted(SAMPLE_WIDTH + _GAP, 0, 0, 0)
    middle = Qt.AlignmentFlag.AlignVCenter
    painter.setFont(font)
    is_wide = box.width() >= _NARROW and bool(text.extremes)
    width = QFontMetrics(mono).horizontalAdvance(text.value) + 2
    small = QFontMetrics(theme.font("small"))
    widths = (small.horizontalAdvance(words) for words in (text.extremes, _USUAL))
    extremes_width = max(widths) + 2 * _GAP if is_wide else 0
    room = max(rest.width() - width - extremes_width - _GAP, 0)
    label = QFontMetrics(font).elidedText(text.label, Qt.TextElideMode.ElideMiddle, room)
    painter.setPen(theme.color("none" if line.is_hidden else "text"))
    painter.drawText(rest, middle | Qt.AlignmentFlag.AlignLeft, label)
    painter.setFont(mono)
    right = rest.adjusted(0, 0, -extremes_width, 0)
    painter.drawText(right, middle | Qt.AlignmentFlag.AlignRight, text.value)
    if is_wide:
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("faint"))
        painter.drawText(rest, middle | Qt.AlignmentFlag.AlignRight, text.extremes)


class Legend(QWidget):
    """The entries of a plot's lines, in as many columns as there is room for.

    Signals:
        toggled: The name of a curve whose entry was clicked.
        menu_wanted: The name of a curve, and where on the screen.
        more_wanted: There are more entries than are shown: all are to be listed.
    """

    toggled = Signal(str)
    menu_wanted = Signal(str, QPoint)
    more_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.entries: list[LegendEntry] = []
        self._most_rows = _MOST_ROWS
        self._more = QToolButton(self)
        self._more.setAutoRaise(True)
        self._more.setProperty("kind", "small")
        self._more.clicked.connect(self.more_wanted)
        self._more.hide()
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setSizePolicy(policy)
        theme.changed.connect(self.update)

    def show_lines(self, lines: Sequence[Line], readings: dict[tuple[int, int], Reading]) -> None:
        """Show an entry for each line, with its value at the cursor where there is a reading."""
        while len(self.entries) < len(lines):
            entry = LegendEntry(self._theme, self)
            entry.clicked.connect(lambda _on=False, e=entry: self.toggled.emit(e.name))
            entry.menu_wanted.connect(self.menu_wanted)
            QWidget.setTabOrder(self.entries[-1] if self.entries else self._more, entry)
            self.entries.append(entry)
        while len(self.entries) > len(lines):
            entry = self.entries.pop()
            entry.hide()
            entry.deleteLater()
        for entry, line in zip(self.entries, lines, strict=True):
            entry.show_line(line, readings.get(line.key), marked=len(lines) > 1)
        self._place()

    def take_height(self, height: int) -> None:
        """Have as many rows as there are in `height` pixels, and at least one."""
        most = min(max(height // _HEIGHT, 1), _MOST_ROWS)
        if most != self._most_rows:
            self._most_rows = most
            self._place()

    def mark_selected(self, series: int) -> None:
        """Let the entry of the selected curve stand out."""
        for entry in self.entries:
            entry.mark_selected(series)

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        """Lay the entries out, and take as much height as they need."""
        n, width = len(self.entries), max(self.width(), 1)
        least = SAMPLE_WIDTH + 2 * _GAP + _LEAST_LABEL
        least += QFontMetrics(self._theme.font("mono")).horizontalAdvance(_WIDEST)
        labels = [entry.label_width for entry in self.entries]
        wanted = least - _LEAST_LABEL + min(max(labels, default=0), _MOST_LABEL)
        n_columns = max(min(width // (wanted + 2 * _GAP), n), 1) if n > 1 else 1
        n_rows = -(-n // n_columns)
        most = self._most_rows
        n_shown = n if n_rows <= most else most * n_columns - 1
        each = width // n_columns
        for i, entry in enumerate(self.entries):
            x, y = i % n_columns * each, i // n_columns * _HEIGHT
            entry.setGeometry(x, y, each - (2 * _GAP if n_columns > 1 else 0), _HEIGHT)
            entry.setVisible(i < n_shown)
        self._more.setVisible(n_shown < n)
        if n_shown < n:
            self._more.setText(f"and {n - n_shown} more")
            self._more.setAccessibleName(f"List {n - n_shown} more curves")
            x, y = n_shown % n_columns * each, n_shown // n_columns * _HEIGHT
            self._more.setGeometry(
                x + SAMPLE_WIDTH + _GAP, y, self._more.sizeHint().width(), _HEIGHT
            )
        height = min(n_rows, most) * _HEIGHT
        if height != self.minimumHeight():
            self.setFixedHeight(height)


class LegendEntry(QAbstractButton):
    """One line of a legend; a click hides the curve or shows it again.

    Signals:
        menu_wanted: The name of its curve, and where on the screen.
    """

    menu_wanted = Signal(str, QPoint)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._line: Line | None = None
        self._text = EntryText("", "", "")
        self._marked = self._is_selected = False
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.show()

    @property
    def name(self) -> str:
        """The name of the curve."""
        return self._line.name if self._line is not None else ""

    @property
    def label_width(self) -> int:
        """How wide its label would be."""
        return QFontMetrics(self._font()).horizontalAdvance(self._text.label)

    def show_line(self, line: Line, reading: Reading | None, *, marked: bool) -> None:
        """Show a line, and its value at the cursor if there is one."""
        text = entry_text(line, reading)
        self.setChecked(not line.is_hidden)
        before = (self._line, self._text, self._marked)
        if before == (line, text, marked):
            return
        self._line, self._text, self._marked = line, text, marked
        state = "hidden" if line.is_hidden else "shown"
        self.setAccessibleName(f"{text.label}: {text.value}, {state}")
        verb = "show" if line.is_hidden else "hide"
        self.setToolTip(
            f"{text.label}\n{text.value}   {text.extremes}\n"
            f"{formatting.count(line.curve.n)} points. Click to {verb} it."
        )
        self.update()

    def mark_selected(self, series: int) -> None:
        """Let it stand out if its curve is the selected one."""
        line = self._line
        is_selected = line is not None and line.run_index == 0 and line.curve.series.id == series
        if is_selected != self._is_selected:
            self._is_selected = is_selected
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._line is None:
            return
        painter = QPainter(self)
        if self.underMouse() or self.hasFocus():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("hover"))
            painter.drawRoundedRect(self.rect(), 4, 4)
        paint_entry(
            *(painter, self.rect().adjusted(4, 0, -4, 0), self._line, self._text, self._theme),
            marked=self._marked,
            is_selected=self._is_selected,
        )

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_wanted.emit(self.name, event.globalPos())

    def _font(self) -> QFont:
        return self._theme.font("small")
