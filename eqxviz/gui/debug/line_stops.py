"""The stops beside the lines of a source file, and where the script is paused in it."""

from collections.abc import Iterator
from functools import partial

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu

from eqxviz.engine.stop_words import StopWordsError
from eqxviz.gui.widgets import CodePane, LineMark
from eqxviz.records import Stop, StopKind
from eqxviz.session.debugging.stop_list import NoCodeError
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session


class LineStops(QObject):
    """Shows them in the margin of a `CodePane`; a click there sets a stop, or takes it away.

    Signals:
        condition_wanted: The condition of the line that is selected now is to be changed.
    """

    condition_wanted = Signal()

    def __init__(self, session: Session, code: CodePane) -> None:
        super().__init__(code)
        self._session = session
        self._code = code
        self._file = ""
        code.margin_clicked.connect(self.toggle)
        code.margin_menu_wanted.connect(self._on_menu_wanted)
        for signal in self._signals():
            signal.connect(self.refresh)
        self.destroyed.connect(lambda: _disconnect(session, self))

    def show_file(self, file: str) -> None:
        """The pane shows `file` now; "" is text at which no run can stop."""
        self._file = file
        self.refresh()

    def refresh(self) -> None:
        """Show the stops and the frames of the file as they are."""
        debugging = self._session.debugging
        marks: dict[int, LineMark] = {}
        if self._file:
            for line, stop in debugging.stops.lines_of(self._file).items():
                marks[line] = LineMark("stop", stop.is_enabled, bool(stop.condition), _words(stop))
            for frame, is_at, words in self._frames():
                before = marks.get(frame)
                marks[frame] = (before or LineMark()).at(is_at, words)
        self._code.show_marks(marks if self._file else None)

    def toggle(self, line: int) -> None:
        """Set a stop on a line, or take it away."""
        if self._file:
            try:
                self._session.debugging.stops.toggle(Stop(0, StopKind.LINE, self._file, line))
            except NoCodeError as error:
                self._code.say(str(error))

    def menu(self, line: int) -> QMenu:
        """Return what can be done with the stop of a line; the menu deletes itself on closing."""
        menu = QMenu(self._code)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        stops = self._session.debugging.stops
        stop = stops.lines_of(self._file).get(line)
        if stop is None:
            menu.addAction("Stop here\tF9", lambda: self.toggle(line))
            menu.addAction("Stop here if…", lambda: self.ask_condition(line))
        else:
            menu.addAction("Take the stop away\tF9", lambda: self.toggle(line))
            words = "Change the condition…" if stop.condition else "Stop only if…"
            menu.addAction(words, lambda: self.ask_condition(line))
            on = not stop.is_enabled
            menu.addAction("Enable" if on else "Disable", partial(stops.enable, stop.id, on))
        if self._session.debugging.is_paused:
            menu.addSeparator()
            menu.addAction("Run to this line", lambda: self._run_to(line))
        return menu

    def ask_condition(self, line: int) -> None:
        """Let the user say on what condition the run stops at a line."""
        self._session.select(Selection(kind="source", file=self._file, line=line))
        self.condition_wanted.emit()

    def _run_to(self, line: int) -> None:
        try:
            self._session.debugging.goal.run_to(f"{self._file}:{line}")
        except StopWordsError as error:
            self._code.say(str(error))

    def _frames(self) -> Iterator[tuple[int, bool, str]]:
        """Yield the lines of the paused script in this file, outermost first: the arrow wins."""
        stack = self._session.debugging.stack
        if stack.is_past:
            return
        for index in range(len(stack.frames) - 1, -1, -1):
            frame = stack.frames[index]
            is_own = index == stack.own
            if frame.file == self._file and (is_own or index == stack.chosen):
                words = "The script is paused here" if is_own else "The chosen frame is here"
                yield frame.line, is_own, words

    def _on_menu_wanted(self, line: int, at: QPoint) -> None:
        if self._file:
            self.menu(line).popup(at)

    def _signals(self) -> tuple:
        debugging = self._session.debugging
        return debugging.stops.changed, debugging.stack.changed, self._session.run_changed


def _words(stop: Stop) -> str:
    assert stop.kind is StopKind.LINE
    words = f"Stop if {stop.condition}" if stop.condition else "Stop"
    return words if stop.is_enabled else f"{words} (disabled)"


def _disconnect(session: Session, stops: LineStops) -> None:
    for signal in stops._signals():
        signal.disconnect(stops.refresh, missing_ok=True)
