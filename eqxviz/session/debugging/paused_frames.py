"""The frames of a run wherever it pauses: read at once, then looked into and run code in."""

from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.records import HaltKind, Problem, ReadStack, Record, RunState, Stack
from eqxviz.session.selection import Selection

if TYPE_CHECKING:
    from eqxviz.records import Frame, Halt, RunStatus
    from eqxviz.session.debugging.console import Console
    from eqxviz.session.debugging.stack import PausedStack
    from eqxviz.session.debugging.variables import FrameVariables
    from eqxviz.session.selecting import SelectionPart

_SHOWS_ITS_LINE = (HaltKind.LINE, HaltKind.EXCEPTION)


def paused_status(session: "SelectionPart") -> "RunStatus | None":
    """Return the status of a run that stands still, so that its frames can be looked into."""
    run = session.run
    return run.status if run is not None and run.status.state is RunState.PAUSED else None


class PausedFrames:
    """Reads the stack at each pause and the variables of the chosen frame; opens, and runs code.

    Signals:
        paused: The run has paused by itself, and its stack was read; the `Halt`.
        variable_opened: A variable is being opened as a tree.
    """

    paused = Signal(object)
    variable_opened = Signal()

    def __init__(
        self,
        session: "SelectionPart",
        stack: "PausedStack",
        variables: "FrameVariables",
        console: "Console",
    ) -> None:
        self._session = session
        self._stack = stack
        self._variables = variables
        self._console = console
        self._is_new_pause = False
        self.moment: object = None  # the latest pause that was taken in, None while the run goes on
        console.assigned.connect(self._on_assigned)

    def read(self) -> None:
        """Read the frames of the script that is paused."""
        moment, status = self.moment, paused_status(self._session)
        halt = status.halt if status is not None else None

        def answered(answer: Record) -> None:
            if moment != self.moment:
                return
            if isinstance(answer, Stack):
                self._take(answer.frames, halt)
            elif isinstance(answer, Problem):
                self._stack.fail(answer)
                self._variables.clear()

        self._session.ask_run(ReadStack(), answered)

    def choose(self, index: int) -> None:
        """Look at another frame: its line is selected, its variables are read."""
        before = self._stack.chosen
        if self._stack.choose(index):
            if index != before:
                self._read_variables()
            self.show()

    def show(self) -> None:
        """Select the line of the chosen frame."""
        frame = self._stack.frame
        if frame is not None and frame.file and frame.line > 0:
            self._session.select(Selection(kind="source", file=frame.file, line=frame.line))

    def open_variable(self, path: str) -> bool:
        """Open a variable of the chosen frame as a tree; False if it is none."""
        variable = self._variables.variable(path)
        if variable is None or not variable.is_tree:
            return False
        return self._open(path, self._variables.frame)

    def open_value(self) -> bool:
        """Open the latest value of the console as a tree; False if it is none."""
        entry = self._console.latest_tree
        return entry is not None and self._open("_", entry.frame)

    def evaluate(self, code: str) -> bool:
        """Run code in the chosen frame; False if it cannot be run now."""
        frame = self._stack.frame
        if frame is None or paused_status(self._session) is None:
            return False
        return self._console.run(code, self._stack.chosen, frame.function)

    def pass_by(self) -> None:
        """The run goes on: what is shown is of the past."""
        self.moment = None
        self._stack.pass_by()
        self._console.forget_trees()

    def clear(self) -> None:
        """There is another run, or none: nothing was read of it."""
        self.moment = None
        self._console.lose()
        self._console.forget_trees()
        self._stack.clear()
        self._variables.clear()

    def _open(self, name: str, frame: int) -> bool:
        if paused_status(self._session) is None:
            return False
        frames = self._stack.frames
        function = frames[frame].function if 0 <= frame < len(frames) else ""
        self._session.open_call(name, frame, function)
        self.variable_opened.emit()
        return True

    def _take(self, frames: "tuple[Frame, ...]", halt: "Halt | None") -> None:
        self._is_new_pause = True
        self._stack.show(frames)
        self._read_variables()
        self._is_new_pause = False
        self._read_tree_again()
        if halt is not None and halt.kind in _SHOWS_ITS_LINE:
            self.show()
        if halt is not None:
            self.paused.emit(halt)

    def _read_variables(self) -> None:
        frame, chosen = self._stack.frame, self._stack.chosen
        if frame is None:
            self._variables.clear()
        elif paused_status(self._session) is not None:
            place = f"{frame.file}:{frame.function}"
            self._variables.show(chosen, place, is_new_pause=self._is_new_pause)
        elif chosen != self._variables.frame:
            self._variables.clear()  # another frame's were read; these cannot be any more

    def _read_tree_again(self) -> None:
        """Read a variable anew that is open as a tree, if the frame is one of its function."""
        source, frames = self._session.source, self._stack.frames
        if source is None or source.kind != "run" or not 0 <= source.frame < len(frames):
            return
        if frames[source.frame].function == source.function:
            self._session.read_call_again()

    def _on_assigned(self) -> None:
        self._variables.read_again()
        source, status = self._session.source, paused_status(self._session)
        if source is not None and source.kind == "run" and status is not None:
            self._session.read_call_again()
