"""Paints the rows of the tree. What a cell shows is laid out once and kept while it fits."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PySide6.QtCore import QLine, QRect, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QPixmap,
    QStaticText,
    QTransform,
)

from eqxviz.gui.plotting.strip import StripColours, columns_at
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import row_signs
from eqxviz.gui.widgets.row_signs import RowSigns, levels_indented
from eqxviz.records import ModelTree
from eqxviz.session import formatting, xray
from eqxviz.session.column import Column
from eqxviz.session.columns import COLUMNS, Cells, has_problem, n_places
from eqxviz.session.filtering import mark_of
from eqxviz.session.outline.unfolding import Mask

ROW_HEIGHT = 24
INDENT = 14
_MARK = 13
_GAP = 5
_PADDING = 8
_ABOVE_STRIP = 6
_SLOT = 15  # one of the small marks beside one another
_ASIDE = 2  # pixels of the bars at the sides of a selected row
_MOST_CELLS = 6000  # kept; a page has some hundred
_MOST_TEXTS = 4000  # of different ones
_LONGEST = 400  # letters
_Elide = Literal["right", "middle"]
_ELIDE = {"right": Qt.TextElideMode.ElideRight, "middle": Qt.TextElideMode.ElideMiddle}


@dataclass(slots=True)
class _Cell:
    """What to draw in a cell, from its left edge."""

    texts: list[tuple[QStaticText, int, int, QColor, QFont]]
    pixmaps: list[tuple[QPixmap, int, int]]


def chevron_rect(cell: QRect, depth: int) -> QRect:
    """Return where the chevron of a row of this depth is, in the coordinates of its name cell."""
    return row_signs.chevron_rect(cell, depth, INDENT)


class RowPainter:
    """Draws chevron, mark and name; values in mono; numbers to the right; badges for sharing."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._cells: Cells | None = None
        self._strip_colours: StripColours | None = None
        self._laid_out: dict[tuple[int, int], _Cell] = {}
        self._statics: dict[tuple[str, str], tuple[QStaticText, int]] = {}
        self._cut: dict[tuple[str, str, int], str] = {}  # by text, font and room
        self._widths: dict[int, int] = {}
        self._found: tuple[Mask, Mask] | None = None
        self._read: frozenset[int] = frozenset()
        self._signs = RowSigns(theme)
        self._load()

    def show(self, cells: Cells | None) -> None:
        """Draw what `cells` say from now on."""
        self._cells = cells
        self._strip_colours = None
        self._laid_out.clear()

    def refresh(self) -> None:
        """Ask the theme again for colours and fonts."""
        self._load()
        self._strip_colours = None
        for kept in (self._signs, self._laid_out, self._statics, self._cut):
            kept.clear()

    def paint_cell(
        self, painter: QPainter, node: int, column: int, depth: int, box: tuple[int, int, int]
    ) -> None:
        """Draw a cell in `box`: its left edge, its top and its width."""
        if self._cells is None:
            return
        left, top, width = box
        if self._widths.get(column) != width:
            self._widths[column] = width
            self._laid_out.clear()
        cell = self._laid_out.get((node, column))
        if cell is None:
            if len(self._laid_out) >= _MOST_CELLS:
                self._laid_out.clear()
            ratio = painter.device().devicePixelRatio()
            cell = self._lay_out(self._cells, node, column, depth, width, ratio)
            self._laid_out[node, column] = cell
        for text, x, y, color, font in cell.texts:
            painter.setFont(font)
            painter.setPen(color)
            painter.drawStaticText(left + x, top + y, text)
        for pixmap, x, y in cell.pixmaps:
            painter.drawPixmap(left + x, top + y, pixmap)

    def paint_chevron(self, painter: QPainter, cell: QRect, depth: int, is_open: bool) -> None:
        """Draw the sign of a node that holds others, in its name cell."""
        box = chevron_rect(cell, depth)
        name = "open" if is_open else "closed"
        pixmap = self._signs.pixmap(name, "faint", 16, painter.device().devicePixelRatio())
        painter.drawPixmap(box.left(), box.center().y() - 7, pixmap)

    def badge_rect(self, cell: QRect, node: int) -> QRect:
        """Return where the badge of a shared node is; empty for others."""
        if self._cells is None or n_places(self._cells.tree, node) < 2:
            return QRect()
        width = self._badge_width(self._cells.tree, node)
        return QRect(cell.right() - width, cell.top(), width, cell.height())

    def guides(self, cell: QRect, depth: int) -> list[QLine]:
        """Return the faint lines that lead the eye from a child up to its parent."""
        return row_signs.guides(cell, depth, INDENT)

    def show_found(self, matches: Mask | None, above: Mask | None) -> None:
        """Tint the nodes that were found, and fainter those above them; None for no search."""
        self._found = (matches, above) if matches is not None and above is not None else None

    def show_read(self, nodes: frozenset[int]) -> None:
        """Put a bar at the right of the nodes that are read by what is selected elsewhere."""
        self._read = nodes

    def paint_background(
        self, painter: QPainter, box: QRect, node: int, state: tuple[bool, bool, bool]
    ) -> None:
        """Fill the row `box`; state: whether selected, with the keyboard, under the mouse."""
        is_selected, has_keyboard, is_hovered = state
        fills, found = self._fills, self._found_as(node)
        if is_selected:
            painter.fillRect(box, fills["selection"])
            if has_keyboard:
                painter.fillRect(box.left(), box.top(), _ASIDE, ROW_HEIGHT, fills["accent"])
            if found == "match":  # two tints one over the other would be neither
                right = box.right() - _ASIDE
                painter.fillRect(right, box.top(), _ASIDE, ROW_HEIGHT, fills["mark"])
            return
        if is_hovered:
            painter.fillRect(box, fills["hover"])
        if found:
            painter.fillRect(box, fills[found])
        if node in self._read:
            painter.fillRect(box, fills["read"])
            right = box.right() - _ASIDE
            painter.fillRect(right, box.top(), _ASIDE, ROW_HEIGHT, fills["accent"])

    def _found_as(self, node: int) -> str:
        """Return what a search says of `node`: "match", "above" (a match is below it) or ""."""
        if self._found is None:
            return ""
        matches, above = self._found
        if node >= len(matches):  # the tree has grown since
            return ""
        return "match" if matches[node] else "above" if above[node] else ""

    def line_color(self) -> QColor:
        """Return the colour of the lines that lead up to a parent."""
        return self._fills["line"]

    def _load(self) -> None:
        theme = self._theme
        self._fills = {name: theme.color(name) for name in ("selection", "hover", "accent", "line")}
        for name, alpha in (("mark", 255), ("match", 60), ("above", 20)):
            self._fills[name] = QColor(theme.color("warning"))
            self._fills[name].setAlpha(alpha)
        self._fills["read"] = QColor(theme.color("accent"))
        self._fills["read"].setAlpha(26)
        self._colors = {
            role: theme.color(role) for role in ("text", "faint", "shared", "problem", "none")
        }
        self._fonts = {kind: theme.font(kind) for kind in ("sans", "mono", "small")}
        italic = theme.font("sans")
        italic.setItalic(True)
        self._fonts["italic"] = italic
        self._metrics = {kind: QFontMetrics(font) for kind, font in self._fonts.items()}

    def _lay_out(
        self, cells: Cells, node: int, column: int, depth: int, width: int, ratio: float
    ) -> _Cell:
        made, spec = _Cell([], []), COLUMNS[column]
        if column == 0:
            self._lay_out_name(made, cells, node, depth, width, ratio)
        elif spec.look == "marks":
            self._lay_out_marks(made, cells, node, ratio)
        elif spec.look == "strip":
            self._lay_out_strip(made, cells, node, width, ratio)
        else:
            self._lay_out_text(made, cells, node, spec, width, ratio)
        return made

    def _lay_out_name(
        self, made: _Cell, cells: Cells, node: int, depth: int, width: int, ratio: float
    ) -> None:
        tree = cells.tree
        x = chevron_rect(QRect(0, 0, width, ROW_HEIGHT), depth).right() + 2
        right = width - self._put_badge(made, tree, node, width, ratio)
        if depth > levels_indented(width, INDENT):
            x += self._put(made, f"depth {depth:,}", x, right - x, "small", "faint") + _GAP
        mark = cells.mark(node)
        for name in ((mark,) if mark else ()) + (("problem",) if has_problem(tree, node) else ()):
            self._put_mark(made, name, x, ratio)
            x += _MARK + _GAP
        is_faint = mark in ("static_field", "none")
        font = "italic" if mark == "static_field" else "sans"
        role = "faint" if is_faint else "text"
        x += self._put(made, cells.text(node, "name"), x, right - x, font, role) + 8
        if problem := tree.problem(node):
            self._put(made, problem, x, right - x, "small", "problem")
        elif not mark:
            self._put(made, cells.text(node, "type"), x, right - x, "small", "faint")

    def _lay_out_text(
        self, made: _Cell, cells: Cells, node: int, spec: Column, width: int, ratio: float
    ) -> None:
        tree, x = cells.tree, _PADDING
        if spec.look == "mark":
            text, mark = cells.word(node, spec.name)
            if mark:
                self._put_mark(made, mark, x, ratio)
                x += _MARK + _GAP
        else:
            text = cells.text(node, spec.name)
        if not text:
            return
        inner = tree.n_children[node] > 0
        is_faint = inner or spec.look == "mark" or mark_of(tree, node) == "static_field"
        is_code = spec.look == "code" and not inner
        font, role = ("mono" if is_code else "sans"), ("faint" if is_faint else "text")
        elide = "middle" if is_code else "right"
        if spec.look == "number":
            self._put_right(made, text, width - _PADDING, font, role)
        else:
            self._put(made, text, x, width - _PADDING - x, font, role, elide)

    def _lay_out_marks(self, made: _Cell, cells: Cells, node: int, ratio: float) -> None:
        """Put what each column of filtering says, as a small mark or a letter, side by side."""
        for slot, name in enumerate(xray.COLUMNS):
            word, mark = cells.word(node, name)
            x = _PADDING + slot * _SLOT
            if mark:
                self._put_mark(made, mark, x, ratio)
            elif word:
                letter = "·" if word == "no" else word[0].upper()
                self._put(made, letter, x + 3, _SLOT, "small", "faint")

    def _lay_out_strip(
        self, made: _Cell, cells: Cells, node: int, width: int, ratio: float
    ) -> None:
        """Put the norms over the run as a strip, behind the mark of what is wrong with them."""
        strips = cells.strips
        room = width - 2 * _PADDING - _MARK - _GAP
        if strips is None or room < _MARK or not len(values := strips.values(node)):
            return
        if strips.mark(node):
            self._put_mark(made, "problem", _PADDING, ratio)
        if self._strip_colours is None:
            self._strip_colours = StripColours(strips.low, strips.high, self._theme)
        shown = columns_at(strips.steps, round(room * ratio))
        height = round((ROW_HEIGHT - 2 * _ABOVE_STRIP) * ratio)
        image = self._strip_colours.image(np.repeat(values[shown][None], height, axis=0))
        image.setDevicePixelRatio(ratio)
        made.pixmaps.append((QPixmap.fromImage(image), _PADDING + _MARK + _GAP, _ABOVE_STRIP))

    def _put(
        self,
        made: _Cell,
        text: str,
        x: int,
        room: int,
        font: str,
        role: str,
        elide: _Elide = "right",
    ) -> int:
        """Put `text` at `x`, elided into `room`, and return its width in pixels."""
        if room <= 8:
            return 0
        shown, width = self._static(text, font)
        if width > room:
            shown, width = self._elided(text, font, room, elide)
        y = (ROW_HEIGHT - self._metrics[font].height()) // 2
        made.texts.append((shown, x, y, self._colors[role], self._fonts[font]))
        return width

    def _put_right(self, made: _Cell, text: str, right: int, font: str, role: str) -> None:
        shown, width = self._static(text, font)
        if width > right:
            shown, width = self._elided(text, font, max(0, right), "right")
        y = (ROW_HEIGHT - self._metrics[font].height()) // 2
        x = max(0, right - width)
        made.texts.append((shown, x, y, self._colors[role], self._fonts[font]))

    def _static(self, text: str, font: str) -> tuple[QStaticText, int]:
        """Return `text` laid out, and its width in pixels; the same ones for the same text."""
        known = self._statics.get((text, font))
        if known is None:
            if len(self._statics) >= _MOST_TEXTS:
                self._statics.clear()
            # What is longer than any screen is not laid out: it may be a megabyte.
            shown = QStaticText(formatting.elide_middle(text, _LONGEST))
            shown.setTextFormat(Qt.TextFormat.PlainText)
            shown.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
            shown.prepare(QTransform(), self._fonts[font])
            known = self._statics[text, font] = shown, round(shown.size().width())
        return known

    def _elided(self, text: str, font: str, room: int, elide: _Elide) -> tuple[QStaticText, int]:
        key = (text, font, room)
        if key not in self._cut:
            if len(self._cut) >= _MOST_TEXTS:
                self._cut.clear()
            whole = formatting.elide_middle(text, _LONGEST)
            self._cut[key] = self._metrics[font].elidedText(whole, _ELIDE[elide], room)
        return self._static(self._cut[key], font)

    def _put_mark(self, made: _Cell, name: str, x: int, ratio: float) -> None:
        pixmap = self._signs.pixmap(name, name, _MARK, ratio)
        made.pixmaps.append((pixmap, x, (ROW_HEIGHT - _MARK) // 2))

    def _put_badge(self, made: _Cell, tree: ModelTree, node: int, width: int, ratio: float) -> int:
        """Put the link mark with the number of places, and return the width it takes."""
        if n_places(tree, node) < 2:
            return 4
        taken = self._badge_width(tree, node)
        self._put_mark(made, "shared", width - taken + 2, ratio)
        self._put_right(made, _places(tree, node), width - 6, "small", "shared")
        return taken + 4

    def _badge_width(self, tree: ModelTree, node: int) -> int:
        text = _places(tree, node)
        return self._metrics["small"].horizontalAdvance(text) + _MARK + 12


def _places(tree: ModelTree, node: int) -> str:
    """Return what the badge of a shared node says: `×2`, `×1.0 M`."""
    return f"×{formatting.count(n_places(tree, node))}"
