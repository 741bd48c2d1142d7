"""One plot of the board: title, readings, lines and legend, and what the user does with it."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QMimeData, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.run.canvas import PlotCanvas
from eqxviz.gui.run.legend import Legend, entry_text
from eqxviz.gui.run.picture import LEAST_HEIGHT
from eqxviz.gui.run.plot_menu import plot_menu
from eqxviz.gui.run.steering import Steering
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import ElidedLabel, IconButton
from eqxviz.session.plots.alike import leaf_name
from eqxviz.session.plots.board import Board, Plot
from eqxviz.session.plots.drawing import Drawing
from eqxviz.session.plots.reading import Reading, where_text

CURVES_MIME = "application/x-eqxviz-curves"  # names, a line each
PLOT_MIME = "application/x-eqxviz-plot"  # the id of a plot
_BUTTONS = 96  # pixels beside the title and the readings
_AROUND = 37  # pixels above, between and below title, curves and legend


class PlotCard(QFrame):
    """A plot of `board`.

    Signals:
        hovered: The place of x under the pointer, NaN once it is gone.
        chosen: The id of a series of the run at hand, and the step that was clicked.
        compile_clicked: The `CompileEvent` whose ring was clicked.
        unpinned: The pinned step is to be pinned no more.
        list_wanted: All curves are to be listed, to choose those of this plot.
        export_wanted: "copy", "picture" or "csv".
    """

    hovered = Signal(float)
    chosen = Signal(int, int)
    compile_clicked = Signal(object)
    unpinned = Signal()
    list_wanted = Signal()
    export_wanted = Signal(str)

    def __init__(self, plot: int, board: Board, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.plot = plot
        self._board = board
        self._theme = theme
        self.is_selected = False  # it holds the curve that is selected
        self._is_target = False
        self._named = ("", False)  # what its buttons are called after
        self.drawing: Drawing | None = None
        self.readings: dict[tuple[int, int], Reading] = {}
        self.title = PlotTitle(self)
        right = Qt.AlignmentFlag.AlignRight
        self.reading = ElidedLabel("", self, elide=Qt.TextElideMode.ElideRight, align=right)
        self.reading.setProperty("face", "mono")
        # It has all the room there is: a value that grows is never cut until the next layout.
        self.reading.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.note = ElidedLabel("", self, elide=Qt.TextElideMode.ElideRight)
        self.note.setProperty("face", "small")
        self.note.setProperty("tone", "faint")
        self.note.hide()
        self._larger = IconButton(theme, "mdi6.arrow-expand", "", self)
        self._more = IconButton(theme, "mdi6.dots-horizontal", "", self)
        for button in (self._larger, self._more):
            button.setProperty("kind", "small")
        self.canvas = PlotCanvas(theme, self)
        self.legend = Legend(theme, self)
        self.steering = Steering(plot, self.canvas, board)
        self._lay_out()
        self.setAcceptDrops(True)
        self._larger.clicked.connect(lambda: board.maximise(self.plot))
        self._more.clicked.connect(
            lambda: self.show_menu(self._more.mapToGlobal(self._more.rect().bottomLeft()))
        )
        self.title.doubled.connect(lambda: board.maximise(self.plot))
        self.canvas.hovered.connect(self.hovered)
        self.steering.pointed.connect(self.hovered)
        self.steering.unpinned.connect(self.unpinned)
        self.canvas.clicked.connect(self._on_clicked)
        self.canvas.compile_clicked.connect(self.compile_clicked)
        self.canvas.menu_wanted.connect(self.show_menu)
        self.legend.toggled.connect(lambda name: board.toggle(self.plot, name))
        self.legend.menu_wanted.connect(lambda name, at: self.show_menu(at, name))
        self.legend.more_wanted.connect(self.list_wanted)

    @property
    def series(self) -> tuple[int, ...]:
        """The ids of the series of the run at hand that are drawn here."""
        lines = self.drawing.all_lines if self.drawing is not None else ()
        return tuple(line.curve.series.id for line in lines if line.run_index == 0)

    def show_drawing(self, drawing: Drawing, n_lines: int) -> None:
        """Show `drawing`, unless it is shown; `n_lines` are seen at once in all plots."""
        self._name_buttons(title_of(drawing.plot))
        if drawing is self.drawing:
            return
        self.drawing = drawing
        words = title_of(drawing.plot)
        self.title.set_text(words)
        self.note.setVisible(bool(drawing.note))
        if drawing.note != self.note.text:
            self.note.set_text(drawing.note)
        self.setAccessibleName(f"Plot of {words}")
        self.canvas.setAccessibleName(f"Curves of {words}")
        self.canvas.show_drawing(drawing, n_lines)
        self._say()

    def show_cursor(self, place: float, pin: float, readings: Sequence[Reading]) -> None:
        """Draw the cursor and the pin, and say the values there; none: the last ones."""
        self.canvas.show_cursor(place, pin)
        before = self.readings
        self.readings = {reading.line.key: reading for reading in readings}
        if self.readings != before:
            self._say()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.legend.take_height(self.height() - LEAST_HEIGHT - _AROUND)
        self._say()

    def mark_selected(self, series: int) -> None:
        """Let the title stand out if the selected curve is here, and its entry."""
        self.is_selected = series in self.series
        self.title.set_selected(self.is_selected)
        self.legend.mark_selected(series)

    def show_menu(self, at: QPoint, name: str = "") -> None:
        """Show what can be done with the plot, or with one curve of it."""
        plot_menu(self, self._board, self._board.plot(self.plot), self._ask, name).popup(at)

    def _name_buttons(self, title: str) -> None:
        is_large = self._board.maximised == self.plot
        if (title, is_large) == self._named:
            return
        self._named = title, is_large
        icon = "mdi6.arrow-collapse" if is_large else "mdi6.arrow-expand"
        self._larger.setIcon(self._theme.icon(icon, "faint"))
        self._larger.setToolTip("Show all plots (M)" if is_large else "Give it all the room (M)")
        words = "Show all plots again" if is_large else f"Give {title} all the room"
        self._larger.setAccessibleName(f"{words} (M)")
        self._more.setToolTip("What can be done with the plot")
        self._more.setAccessibleName(f"What can be done with {title}")

    def _ask(self, what: str) -> None:
        """Do what the menu cannot do by the board."""
        if what == "reset":
            self.steering.reset()
        elif what == "list":
            self.list_wanted.emit()
        else:
            self.export_wanted.emit(what)

    def _say(self) -> None:
        """Say in the head and in the legend what the curves are, here or in the end."""
        drawing = self.drawing
        if drawing is None:
            return
        lines = drawing.all_lines
        is_alone = len(lines) == 1 and lines[0].label == self.title.text
        self.legend.setVisible(not is_alone and bool(lines))
        if self.legend.isVisibleTo(self):
            self.legend.show_lines(lines, self.readings)
        said = self._fitting(self._head_texts(drawing, is_alone=is_alone))
        if said != self.reading.text:
            self.reading.set_text(said)
        described = "; ".join(f"{line.label} {entry_text(line, None).value}" for line in lines[:8])
        self.canvas.setAccessibleDescription(described)

    def _head_texts(self, drawing: Drawing, *, is_alone: bool) -> list[str]:
        """Return what can be said beside the title, the longest first."""
        first = next(iter(self.readings.values()), None)
        line = drawing.all_lines[0] if is_alone else None
        text = entry_text(line, self.readings.get(line.key)) if line is not None else None
        value = text.value if text is not None else ""
        if first is not None:
            whole, short = where_text(first), f"step {first.point.step:,}"
            return [f"{value}   {whole}", f"{value}   {short}", value or short]
        return [f"{value}   {text.extremes}", value] if text is not None else [""]

    def _fitting(self, texts: Sequence[str]) -> str:
        """Return the first of `texts` that leaves room for the title, or most of it."""
        metrics = self.reading.fontMetrics()
        title = min(self.title.sizeHint().width(), self.width() // 2)
        note = self.note.sizeHint().width() if self.note.text else 0
        room = self.width() - title - note - _BUTTONS
        fitting = (t.strip() for t in texts if metrics.horizontalAdvance(t.strip()) < room)
        return next(fitting, texts[-1].strip())

    def _on_clicked(self, place: float, y: float) -> None:
        """Pin the step there, and select the nearest line of the run at hand."""
        drawing, frame = self.drawing, self.canvas.frame
        if drawing is None or frame is None:
            return
        own = [r for r in self.readings.values() if r.line.run_index == 0]
        if not own:
            return

        def distance(reading: Reading) -> float:
            height = drawing.y.place_of(reading.point.value)
            away = abs(frame.y(height) - frame.y(y))
            return away if math.isfinite(away) else math.inf

        nearest = min(own, key=distance)
        self.chosen.emit(nearest.line.curve.series.id, nearest.point.step)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        data = event.mimeData()
        is_other = bytes(data.data(PLOT_MIME).data()).decode() != str(self.plot)
        if data.hasFormat(CURVES_MIME) or (data.hasFormat(PLOT_MIME) and is_other):
            event.acceptProposedAction()
            self._be_target(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._be_target(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self._be_target(False)
        data = event.mimeData()
        if data.hasFormat(CURVES_MIME):
            names = bytes(data.data(CURVES_MIME).data()).decode().splitlines()
            self._board.add(self.plot, [n for n in names if n in self._board.names])
        elif data.hasFormat(PLOT_MIME):
            self._board.merge(int(bytes(data.data(PLOT_MIME).data())), self.plot)
        event.acceptProposedAction()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._is_target:
            painter = QPainter(self)
            painter.setPen(QPen(self._theme.color("accent"), 2))
            painter.drawRoundedRect(self.rect().adjusted(2, 2, -2, -2), 6, 6)

    def _be_target(self, is_target: bool) -> None:
        self._is_target = is_target
        self.update()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self.title, 0)
        head.addWidget(self.note, 0)
        head.addWidget(self.reading, 1)
        head.addWidget(self._larger)
        head.addWidget(self._more)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 8, 4)
        column.setSpacing(3)
        column.addLayout(head)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.legend)


class PlotTitle(ElidedLabel):
    """What a plot is called; it is dragged onto another plot to draw both in one.

    Signals:
        doubled: It was double-clicked.
    """

    doubled = Signal()

    def __init__(self, card: PlotCard) -> None:
        super().__init__("", card)
        self._card = card
        self._pressed: QPoint | None = None
        self.setProperty("face", "path")
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def set_selected(self, is_selected: bool) -> None:
        """Stand out, or no more."""
        font = self.font()
        if font.underline() != is_selected:
            font.setUnderline(is_selected)
            self.setFont(font)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        pressed = self._pressed
        if pressed is None:
            return
        far = (event.position().toPoint() - pressed).manhattanLength()
        if far >= QApplication.startDragDistance():
            self._pressed = None
            data = QMimeData()
            data.setData(PLOT_MIME, str(self._card.plot).encode())
            drag = QDrag(self)
            drag.setMimeData(data)
            drag.setPixmap(self.grab(QRect(0, 0, min(self.width(), 240), self.height())))
            drag.exec(Qt.DropAction.MoveAction)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        self.doubled.emit()


def title_of(plot: Plot) -> str:
    """Return what a plot is called: by its curve, or by what its curves have in common."""
    if not plot.names:
        return "Empty plot"
    if len(plot.names) == 1:
        return plot.names[0]
    leaves = {leaf_name(name) for name in plot.names}
    return leaves.pop() if len(leaves) == 1 else ", ".join(plot.names)
