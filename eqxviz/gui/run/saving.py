"""Where pictures and values of plots go: a file that the user names, or the clipboard."""

import math
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from eqxviz.gui.run.exporting import picture, write_picture
from eqxviz.gui.run.plot_card import PlotCard, title_of
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import FileAsker
from eqxviz.records import Problem, Severity
from eqxviz.session.formatting import file_name
from eqxviz.session.plots.board import Board
from eqxviz.session.plots.table import Part, plots_csv
from eqxviz.session.session import Session
from eqxviz.store.model_file import write_text

if TYPE_CHECKING:
    from eqxviz.session.plots.drawing import Drawer, Drawing

_PICTURES = "PNG picture (*.png);;SVG picture (*.svg)"
_TABLE = "Table (*.csv)"
_LEAST = QSize(560, 300)
_EVERYWHERE = (-math.inf, math.inf)  # also what has no logarithm


class PlotSaving(QObject):
    """Exports of the plots of a view.

    Signals:
        done: A sentence about what was written or copied.
    """

    done = Signal(str)

    def __init__(
        self, session: Session, board: Board, drawer: "Drawer", theme: Theme, view: QWidget
    ) -> None:
        super().__init__(view)
        self._session, self._board, self._drawer = session, board, drawer
        self._theme = theme
        self._view = view
        self._light: Theme | None = None
        self._asker = FileAsker(view)
        self.is_always_light = False

    def menu(self, n_columns: int) -> QMenu:
        """Return what can be exported of all plots."""
        menu = QMenu(self._view)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.addAction("Picture of the plots...", lambda: self.ask_picture(None, n_columns))
        menu.addAction("Values in view as CSV...", lambda: self.ask_csv(None, is_all=False))
        menu.addAction("All values as CSV...", lambda: self.ask_csv(None, is_all=True))
        menu.addSeparator()
        light = menu.addAction("Pictures always in light colours")
        light.setCheckable(True)
        light.setChecked(self.is_always_light)
        light.toggled.connect(self._set_light)
        for action in menu.actions():
            action.setEnabled(bool(self._board.shown()))
        return menu

    def export(self, card: PlotCard, what: str) -> None:
        """Do what the menu of a plot asks for: "copy", "picture" or "csv"."""
        if what == "copy":
            self.copy(card)
        elif what == "picture":
            self.ask_picture(card, 1)
        else:
            self.ask_csv(card, is_all=False)

    def copy(self, card: PlotCard) -> None:
        """Put a picture of a plot into the clipboard."""
        if card.drawing is not None:
            made = picture(card.drawing, _at_least(card.canvas.size()), self._colours())
            QApplication.clipboard().setImage(made)
            self.done.emit(f"Copied a picture of {title_of(card.drawing.plot)}")

    def ask_picture(self, card: PlotCard | None, n_columns: int) -> None:
        """Let the user say where a picture goes, of one plot or of all that are shown."""
        name = title_of(card.drawing.plot) if card is not None and card.drawing else "curves"
        size = _at_least(card.canvas.size() if card is not None else _LEAST)

        def write(path: str) -> None:
            drawings = [card.drawing] if card is not None and card.drawing else self._all(size)
            self.write_picture(Path(path), drawings, size, n_columns)

        self._asker.file_to_write("Export a picture", _PICTURES, _path_of(name), write)

    def write_picture(
        self, path: Path, drawings: "list[Drawing]", size: QSize, n_columns: int
    ) -> None:
        """Write a picture now."""
        try:
            write_picture(path, drawings, size, n_columns, self._colours())
        except (OSError, ValueError) as error:
            self._report(path, error)
        else:
            self.done.emit(f"Wrote {path.name}")

    def ask_csv(self, card: PlotCard | None, *, is_all: bool) -> None:
        """Let the user say where the values of one plot go, or of all that are shown."""
        name = title_of(card.drawing.plot) if card is not None and card.drawing else "curves"
        plots = [card.plot] if card is not None else [plot.id for plot in self._board.shown()]
        self._asker.file_to_write(
            "Export values",
            _TABLE,
            _path_of(name),
            lambda path: self.write_csv(Path(path), plots, is_all=is_all),
        )

    def write_csv(self, path: Path, plots: list[int], *, is_all: bool) -> None:
        """Write the points of plots, in the background: those in view, or all."""
        drawer = self._drawer
        chosen = [self._board.plot(plot) for plot in plots]
        parts: list[Part] = []
        for plot in chosen:
            lines = [line for line in drawer.lines(plot) if not line.is_hidden]
            window = _EVERYWHERE if is_all else drawer.draw(plot, 64, 100, None).window
            parts.append((lines, window))
        axis, smoothing = drawer.axis, self._board.look.window

        def write() -> OSError | None:
            try:
                write_text(path, plots_csv(parts, axis, smoothing))
            except OSError as error:
                return error
            return None

        def written(error: OSError | None) -> None:
            if error is not None:
                self._report(path, error)
            else:
                self.done.emit(f"Wrote {path.name}")

        self._session.in_background(write, written)

    def _all(self, size: QSize) -> "list[Drawing]":
        shown = self._board.shown()
        return [self._drawer.draw(p, size.width() - 60, size.height(), None) for p in shown]

    def _colours(self) -> Theme:
        if not self.is_always_light or not self._theme.is_dark:
            return self._theme
        if self._light is None:
            self._light = Theme("light", parent=self)
        return self._light

    def _set_light(self, is_light: bool) -> None:
        self.is_always_light = is_light

    def _report(self, path: Path, error: Exception) -> None:
        self._session.report(
            Problem(
                "not-written",
                Severity.ERROR,
                f"{path.name} was not written",
                str(error),
                "Choose another place or name, and export again.",
            )
        )


def _at_least(size: QSize) -> QSize:
    return size.expandedTo(_LEAST)


def _path_of(title: str) -> str:
    return str(Path.cwd() / file_name(title, "curves"))
