"""What the keys and gestures of a plot change on the board."""

import math

from PySide6.QtCore import QObject, Signal

from eqxviz.gui.run.canvas import PlotCanvas
from eqxviz.session.plots.board import Board, Sight

_STEP = 0.1  # of what is in view
_ZOOM = 0.8
_NEWEST = 0.2  # of all, where nothing smaller is in view


class Steering(QObject):
    """Zooms, pans and follows for one plot; the board tells every plot that is linked.

    Signals:
        pointed: The place of x to which a key moved the cursor.
        unpinned: The pinned step is to be pinned no more.
    """

    pointed = Signal(float)
    unpinned = Signal()

    def __init__(self, plot: int, canvas: PlotCanvas, board: Board) -> None:
        super().__init__(canvas)
        self._plot, self._canvas, self._board = plot, canvas, board
        canvas.zoomed.connect(self._on_zoomed)
        canvas.panned.connect(self._on_panned)
        canvas.reached.connect(self._on_reached)
        canvas.reset.connect(self.reset)
        canvas.commanded.connect(self.command)

    def reset(self) -> None:
        """Show everything: all of x, and of y what there is."""
        self._board.change(self._plot, y_range=None)
        self._board.look_at(self._plot, Sight())

    def command(self, name: str) -> None:
        """Do what a key asks for."""
        canvas, board, plot = self._canvas, self._board, self._plot
        doing = {
            "zoom_in": lambda: canvas.zoom_x(_ZOOM, self._cursor()),
            "zoom_out": lambda: canvas.zoom_x(1 / _ZOOM, self._cursor()),
            "zoom_in_y": lambda: canvas.zoom_y(_ZOOM),
            "zoom_out_y": lambda: canvas.zoom_y(1 / _ZOOM),
            "left": lambda: canvas.pan_x(-_STEP),
            "right": lambda: canvas.pan_x(_STEP),
            "up": lambda: canvas.pan_y(_STEP),
            "down": lambda: canvas.pan_y(-_STEP),
            "start": lambda: self._go_to_end(is_start=True),
            "end": lambda: self._go_to_end(is_start=False),
            "previous": lambda: self._step_cursor(-1),
            "next": lambda: self._step_cursor(1),
            "pin": self._pin,
            "leave": self._leave,
            "reset": self.reset,
            "follow": self._switch_follow,
            "log": lambda: board.change(plot, is_log=not board.plot(plot).is_log, y_range=None),
            "maximise": lambda: board.maximise(plot),
            "delete": lambda: board.remove(plot),
        }
        doing[name]()

    def _cursor(self) -> float | None:
        cursor, drawing = self._canvas.cursor_place, self._canvas.drawing
        is_in = drawing is not None and drawing.window[0] <= cursor <= drawing.window[1]
        return cursor if is_in else None

    def _on_zoomed(self, low: float, high: float) -> None:
        """Stand still; the newest stretch becomes longer or shorter and goes on being followed."""
        plot = self._board.plot(self._plot)
        follow = self._board.sight(plot).follow
        if follow == "newest":
            self._board.look_at(plot.id, Sight("newest", 0.0, high - low))
        else:
            self._board.look_at(plot.id, Sight("still", low, high))

    def _on_panned(self, low: float, high: float) -> None:
        self._board.look_at(self._plot, Sight("still", low, high))

    def _on_reached(self, bottom: float, top: float) -> None:
        if top > bottom:
            self._board.change(self._plot, y_range=(bottom, top))

    def _span(self) -> tuple[float, float]:
        drawing = self._canvas.drawing
        if drawing is None:
            return 0.0, 1.0
        return drawing.axis.span([line.curve for line in drawing.all_lines])

    def _go_to_end(self, *, is_start: bool) -> None:
        drawing = self._canvas.drawing
        if drawing is not None:
            first, last = self._span()
            width = drawing.window[1] - drawing.window[0]
            low = first if is_start else last - width
            self._on_panned(low, low + width)

    def _switch_follow(self) -> None:
        """Follow a stretch as wide as the one in view, or all; else stand still where it is."""
        drawing = self._canvas.drawing
        if drawing is None:
            return
        follow, (low, high) = drawing.plot.sight.follow, drawing.window
        sight = Sight("newest", low, high) if follow == "still" else Sight("still", low, high)
        self._board.look_at(self._plot, sight)

    def _step_cursor(self, by: int) -> None:
        """Move the cursor to the next point of the plot's first line, or to the one before."""
        drawing = self._canvas.drawing
        if drawing is None or not drawing.lines:
            return
        low, high = drawing.window
        cursor = self._canvas.cursor_place
        if math.isnan(cursor):
            self.pointed.emit((low + high) / 2)
            return
        curve, axis = drawing.lines[0].line.curve, drawing.axis
        here = curve.near(axis.base_at(cursor, curve), axis.base)
        # Where points are denser than pixels, those between are passed over.
        reach = (high - low) / self._canvas.n_buckets
        while here is not None and reach < 2 * (high - low):
            found = curve.near(axis.base_at(cursor + by * reach, curve), axis.base)
            if found is not None and found.number != here.number:
                self.pointed.emit(axis.place_of(found, curve))
                return
            reach *= 2

    def _pin(self) -> None:
        canvas, frame = self._canvas, self._canvas.frame
        if frame is not None and not math.isnan(canvas.cursor_place):
            canvas.clicked.emit(canvas.cursor_place, frame.place_y(frame.box.center().y()))

    def _leave(self) -> None:
        if not math.isnan(self._canvas.pin_place):
            self.unpinned.emit()
        elif self._board.maximised >= 0:
            self._board.maximise(-1)


def newest(board: Board, span: tuple[float, float]) -> Sight:
    """Return the sight of the newest stretch: as wide as the one in view, or a part of all."""
    sight = board.look.sight
    width = sight.high - sight.low if sight.follow != "all" else _NEWEST * (span[1] - span[0])
    return Sight("newest", 0.0, width or 1.0)
