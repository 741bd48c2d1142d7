"""Paints lines: their marks, the signs of what folds, the pieces in their colours, the notes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPolygonF
from PySide6.QtWidgets import QWidget

from eqxviz.gui.theme import Theme
from eqxviz.session.lines import Folding, LineText, Span

_MARK_X, _MARK_WIDTH = 4, 3
_SIGN_X, _SIGN_WIDTH = 12, 12
_TEXT_X = 28
_LEADING = 3
_NOTE_GAP = 14
_NOTE_ROOM = 0.4  # of the width: what notes may take away at most
_ROLES = {
    "variable": "syntax.name",
    "type": "faint",
    "literal": "syntax.number",
    "string": "syntax.string",
    "parameter": "faint",
    "keyword": "syntax.keyword",
    "comment": "syntax.comment",
    "plain": "text",
}


@dataclass
class Look:
    """What stands out: lines, variables, and places where something was found."""

    current: int = -1
    has_focus: bool = False
    chosen: frozenset[int] = frozenset()
    related: frozenset[int] = frozenset()
    found: frozenset[int] = frozenset()
    pattern: object = None
    values: frozenset[int] = field(default_factory=frozenset)


class LinePainter:
    """All letters are of one width, so that a place in a line is a number of columns."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._font = theme.font("mono")
        self._bold, self._italic = QFont(self._font), QFont(self._font)
        self._bold.setBold(True)
        self._italic.setItalic(True)
        metrics = QFontMetricsF(self._font)
        self._width = metrics.horizontalAdvance("0")
        self.advance = round(self._width)
        self.height = round(metrics.height()) + _LEADING
        self._ascent = metrics.ascent() + _LEADING / 2
        self._colours: dict[str, QColor] = {}

    def forget_colours(self) -> None:
        """Ask the theme for its colours again."""
        self._colours.clear()

    def is_on_sign(self, x: float) -> bool:
        """Whether `x` is where the sign of a block stands."""
        return _SIGN_X - 4 <= x < _SIGN_X + _SIGN_WIDTH

    def value_at(self, x: float, text: LineText | None, folding: Folding, line: int) -> int:
        """Return the variable that is named at `x` in a line, -1 for none."""
        if text is None:
            return -1
        column = (x - _TEXT_X) / self._width - text.indent(line)
        for span in text.spans(line, folding.is_folded(line)):
            if 0 <= column < len(span.text):
                return span.value
            column -= len(span.text)
        return -1

    def paint(
        self,
        on: QWidget,
        text: LineText | None,
        folding: Folding | None,
        lines: Sequence[int],
        look: Look,
        scrolled: int,
    ) -> int:
        """Paint `lines` from the top of `on`; return how wide the widest of them is."""
        painter = QPainter(on)
        painter.fillRect(on.rect(), self._theme.color("base"))
        if text is None or folding is None:
            return 0
        widest = 0
        for row, line in enumerate(lines):
            box = QRectF(0, row * self.height, on.width(), self.height)
            spans = text.spans(line, folding.is_folded(line))
            start = _TEXT_X - scrolled + text.indent(line) * self._width
            self._paint_ground(painter, box, line, look)
            if look.pattern is not None and line in look.found:
                self._paint_found(painter, box, start, spans, look.pattern)
            end = self._paint_spans(painter, box, start, spans, look)
            self._paint_note(painter, box, text.note(line), end, line, look)
            self._paint_margin(painter, box, text, folding, line, scrolled)
            widest = max(widest, round(end + scrolled) + _NOTE_GAP)
        return widest

    def _paint_ground(self, painter: QPainter, box: QRectF, line: int, look: Look) -> None:
        if line in look.chosen:
            painter.fillRect(box, self._theme.color("selection"))
        elif line in look.related:
            painter.fillRect(box, self._colour("ground.related"))
            painter.fillRect(
                QRectF(box.right() - 3, box.top(), 3, box.height()), self._colour("accent")
            )
        if line == look.current and look.has_focus:
            painter.setPen(self._colour("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)  # that of the line above is still there
            painter.drawRect(box.adjusted(0.5, 0.5, -1.5, -0.5))

    def _paint_found(
        self, painter: QPainter, box: QRectF, start: float, spans: Sequence[Span], pattern: object
    ) -> None:
        assert isinstance(pattern, re.Pattern)
        for match in pattern.finditer("".join([span.text for span in spans])):
            x, width = start + match.start() * self._width, len(match.group()) * self._width
            place = QRectF(x - 1, box.top() + 1, width + 2, box.height() - 2)
            painter.fillRect(place, self._colour("ground.found"))

    def _paint_spans(
        self, painter: QPainter, box: QRectF, x: float, spans: Sequence[Span], look: Look
    ) -> float:
        """Paint the pieces of a line, and return where they end."""
        for span in spans:
            width = len(span.text) * self._width
            if span.value >= 0 and span.value in look.values:
                place = QRectF(x - 1, box.top() + 1, width + 2, box.height() - 2)
                painter.setPen(self._colour("accent"))
                painter.setBrush(self._colour("ground.related"))
                painter.drawRoundedRect(place, 2, 2)
            if x + width >= 0 and x <= box.right():
                is_kind = span.tone.startswith("kind.")
                painter.setFont(
                    self._bold
                    if is_kind
                    else self._italic
                    if span.tone == "comment"
                    else self._font
                )
                painter.setPen(self._colour(span.tone))
                painter.drawText(QPointF(x, box.top() + self._ascent), span.text)
            x += width
        return x

    def _paint_note(
        self, painter: QPainter, box: QRectF, note: str, end: float, line: int, look: Look
    ) -> None:
        """Paint the note at the right where there is room for it; on a chosen line in any case."""
        width = (len(note) + 1) * self._width
        place = QRectF(box.right() - width - 6, box.top(), width + 6, box.height())
        is_over = end > place.left()
        if not note or width > box.width() * _NOTE_ROOM or (is_over and line not in look.chosen):
            return
        if is_over:
            painter.fillRect(place.adjusted(-4, 1, 0, -1), self._colour("selection"))
        painter.setFont(self._font)
        painter.setPen(self._colour("comment"))
        place = place.adjusted(0, 0, -self._width / 2 - 3, 0)
        painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, note)

    def _paint_margin(
        self,
        painter: QPainter,
        box: QRectF,
        text: LineText,
        folding: Folding,
        line: int,
        scrolled: int,
    ) -> None:
        kind = text.kind_at(line)
        if kind is not None:
            mark = QRectF(_MARK_X - scrolled, box.top() + 2, _MARK_WIDTH, box.height() - 4)
            painter.fillRect(mark, self._theme.color(f"kind.{kind.name.lower()}"))
        if not folding.can_fold(line):
            return
        x, y = _SIGN_X - scrolled + 4.0, box.center().y()
        if folding.is_folded(line):
            sign = [QPointF(x, y - 4), QPointF(x + 5, y), QPointF(x, y + 4)]
        else:
            sign = [QPointF(x - 2, y - 2), QPointF(x + 6, y - 2), QPointF(x + 2, y + 3)]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour("faint"))
        painter.drawPolygon(QPolygonF(sign))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _colour(self, tone: str) -> QColor:
        colour = self._colours.get(tone)
        if colour is None:
            colour = self._colours[tone] = self._mixed(tone)
        return colour

    def _mixed(self, tone: str) -> QColor:
        theme = self._theme
        if tone.startswith("kind."):  # a word needs more contrast than a box
            return _between(theme.color(tone), theme.color("text"), 0.3)
        if tone == "ground.related":
            return _between(theme.color("base"), theme.color("accent"), 0.1)
        if tone == "ground.found":
            return _between(theme.color("base"), theme.color("warning"), 0.35)
        return theme.color(_ROLES.get(tone, tone))


def _between(a: QColor, b: QColor, part: float) -> QColor:
    """Return the colour that lies `part` of the way from `a` to `b`."""

    def mixed(x: float, y: float) -> float:
        return x + (y - x) * part

    return QColor.fromRgbF(
        mixed(a.redF(), b.redF()), mixed(a.greenF(), b.greenF()), mixed(a.blueF(), b.blueF())
    )
