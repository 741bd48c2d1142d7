"""The debugger of a session: its stops, and the stack, variables and console of a paused run."""

import contextlib
import os
from typing import TYPE_CHECKING, Protocol

from psygnal import Signal

from eqxviz.engine.stop_words import StopWordsError, stop_of
from eqxviz.records import (
    HaltKind,
    Problem,
    ReadStack,
    Record,
    RunState,
    SetStops,
    Stack,
    Stop,
    StopKind,
)
from eqxviz.session.debugging.console import Console
from eqxviz.session.debugging.stack import PausedStack
from eqxviz.session.debugging.stop_list import NoCodeError, StopList
from eqxviz.session.debugging.variables import FrameVariables
from eqxviz.session.debugging.wording import stop_title
from eqxviz.session.selection import Selection

if TYPE_CHECKING:
    from eqxviz.engine.launch import Launch
    from eqxviz.records import Frame, Halt
    from eqxviz.session.run_view import RunView
    from eqxviz.session.selecting import SelectionPart


class StopMemory(Protocol):
    """Where the stops of each script are remembered."""

    def stops_of(self, script: str) -> str:
        """Return what was kept last, "" for nothing."""
        ...

    def keep(self, script: str, stops: str) -> None:
        """Remember the stops of a script, as `StopList.saved` says them."""
        ...


_SHOWS_ITS_LINE = (HaltKind.LINE, HaltKind.EXCEPTION)


class Debugger:
    """Follows the session's run: it is told the stops, and read wherever it pauses.

    Signals:
        paused: The run has paused by itself, and its stack was read; the `Halt`.
        variable_opened: A variable is being opened as a tree.
    """

    paused = Signal(object)
    variable_opened = Signal()

    def __init__(self, session: "SelectionPart", memory: StopMemory | None = None) -> None:
        self._session = session
        self._memory = memory
        self._run: RunView | None = None
        self._moment: object = None  # the latest pause that was taken in
        self._problems: tuple[Problem, ...] = ()  # that the stops have met
        self._is_new_pause = False
        self._taken: tuple[str, tuple[str, ...]] = ("", ())  # a script, and what its launch said
        self.script = ""
        self.stops = StopList()
        self.stack = PausedStack()
        self.variables = FrameVariables(session.ask_run)
        self.console = Console(session.ask_run_through)
        self.stops.changed.connect(self._on_stops_changed)
        self.console.assigned.connect(self._on_assigned)
        session.run_changed.connect(self.follow)
        session.model_changed.connect(self._follow_script)
        self.follow()

    @property
    def is_paused(self) -> bool:
        """Whether the script stands still, so that its frames can be looked into."""
        run = self._session.run
        return run is not None and run.status.state is RunState.PAUSED

    @property
    def halt(self) -> "Halt | None":
        """Why the run is paused, None where it is not."""
        run = self._session.run
        return run.status.halt if run is not None and self.is_paused else None

    @property
    def goal(self) -> Stop | None:
        """The stop that the run goes on to, and that then goes."""
        return next((stop for stop in self.stops if self.stops.is_once(stop.id)), None)

    def prepare(self, launch: "Launch") -> SetStops:
        """Return where a run is to stop that begins as `launch` says, which may name stops too."""
        self._show_script(launch.place)
        self._take_words(launch)
        return SetStops(tuple(self.stops))

    def read_words(self, words: str) -> Stop:
        """Return the stop that `words` mean.

        Raises:
            StopWordsError: If they mean none; it says which words do.
        """
        return stop_of(words, 0, os.path.dirname(self.script), self.script)

    def add_words(self, words: str) -> Stop:
        """Set the stop that `words` mean.

        Raises:
            StopWordsError: If they mean none.
        """
        try:
            return self.stops.add(self.read_words(words))
        except NoCodeError as error:
            raise StopWordsError(str(error)) from error

    def change_words(self, id: int, words: str) -> None:
        """Put the stop that `words` mean in the place of another; "" takes that away.

        Raises:
            StopWordsError: If they mean none.
        """
        before = self.stops.get(id)
        words = words.strip().removesuffix(" if")
        if before is None:
            return
        if not words:
            self.stops.remove(id)
            return
        made = self.read_words(words)
        if made.kind is before.kind and made.function == before.function:
            # The words have no place of a function, and the short name of a file.
            made = Stop(
                *(id, made.kind, made.file or before.file, made.line or before.line),
                *(made.function, made.condition, before.is_enabled),
            )
        try:
            self.stops.change(id, made)
        except NoCodeError as error:
            raise StopWordsError(str(error)) from error

    def run_to(self, words: str) -> None:
        """Let the run go on until it meets what `words` mean, once.

        Raises:
            StopWordsError: If they mean no stop.
        """
        try:
            self.forget_goal()
            self.stops.add(self.read_words(words), once=True)
        except NoCodeError as error:
            raise StopWordsError(str(error)) from error
        if self.is_paused:
            self._session.resume()

    def forget_goal(self) -> None:
        """Go on to nothing in particular any more."""
        self.stops.remove(*[stop.id for stop in self.stops if self.stops.is_once(stop.id)])

    def toggle_line(self, file: str, line: int) -> Stop | None:
        """Set a stop on a line, or take it away; return what is there now.

        Raises:
            NoCodeError: If there is no code at it or below it.
        """
        return self.stops.toggle(Stop(0, StopKind.LINE, file, line))

    def toggle_function(self, function: int) -> Stop | None:
        """Set a stop on the calls of a function of the run, or take it away."""
        stop = self.stop_of_function(function)
        return self.stops.toggle(stop) if stop is not None else None

    def stop_of_function(self, function: int) -> Stop | None:
        """Return what would stop at the calls of a function of the run; None for one unknown."""
        seen = self._run.functions.get(function) if self._run is not None else None
        if seen is None:
            return None
        return Stop(0, StopKind.CALL, seen.file, seen.line, seen.name)

    def offer(self, function: int) -> str:
        """Return what `toggle_function` would do: "Stop at make_step"; "" for one unknown."""
        stop = self.stop_of_function(function)
        if stop is None:
            return ""
        verb = "Stop at" if self.stops.same_as(stop) is None else "Stop no more at"
        return f"{verb} {stop.function}"

    def read_stack(self) -> None:
        """Read the frames of the script that is paused."""
        moment, halt = self._moment, self.halt

        def answered(answer: Record) -> None:
            if moment != self._moment:
                return
            if isinstance(answer, Stack):
                self._take(answer.frames, halt)
            elif isinstance(answer, Problem):
                self.stack.fail(answer)
                self.variables.clear()

        self._session.ask_run(ReadStack(), answered)

    def choose_frame(self, index: int) -> None:
        """Look at another frame: its line is selected, its variables are read."""
        before = self.stack.chosen
        if self.stack.choose(index):
            if index != before:
                self._read_variables()
            self.show_frame()

    def show_frame(self) -> None:
        """Select the line of the chosen frame."""
        frame = self.stack.frame
        if frame is not None and frame.file and frame.line > 0:
            self._session.select(Selection(kind="source", file=frame.file, line=frame.line))

    def open_variable(self, path: str) -> bool:
        """Open a variable of the chosen frame as a tree; False if it is none."""
        variable = self.variables.variable(path)
        if variable is None or not variable.is_tree:
            return False
        return self._open(path, self.variables.frame)

    def open_value(self) -> bool:
        """Open the latest value of the console as a tree; False if it is none."""
        entry = self.console.latest_tree
        return entry is not None and self._open("_", entry.frame)

    def evaluate(self, code: str) -> bool:
        """Run code in the chosen frame; False if it cannot be run now."""
        frame = self.stack.frame
        if frame is None or not self.is_paused:
            return False
        return self.console.run(code, self.stack.chosen, frame.function)

    def _open(self, name: str, frame: int) -> bool:
        if not self.is_paused:
            return False
        frames = self.stack.frames
        function = frames[frame].function if 0 <= frame < len(frames) else ""
        self._session.open_call(name, frame, function)
        self.variable_opened.emit()
        return True

    def follow(self) -> None:
        """Take in what the session says of its run."""
        run = self._session.run
        if run is not self._run:
            self._begin(run)
        if run is None:
            return
        status = run.status
        if status.state is RunState.PAUSED:
            if status.moment != self._moment:
                self._moment = status.moment
                self._on_paused()
        else:
            self._moment = None
            self._pass_by()
        if not run.is_live:
            self.console.lose()
            self.forget_goal()

    def _begin(self, run: "RunView | None") -> None:
        """Follow another run from now on: it is told the stops."""
        self._run, self._moment = run, None
        self.console.lose()
        self.console.forget_trees()
        self.stack.clear()
        self.variables.clear()
        self.forget_goal()
        self._follow_script()
        if run is not None:
            self._take_words(self._session.launch)
            self._send()

    def _follow_script(self) -> None:
        """Let the stops be those of the script that is run, or open."""
        run, source = self._session.run, self._session.source
        script = run.script if run is not None else source.script if source is not None else ""
        if script:
            self._show_script(script)

    def _show_script(self, script: str) -> None:
        """Bring the stops of a script."""
        if script != self.script:
            self.script = script
            self.stops.restore(self._memory.stops_of(script) if self._memory is not None else "")

    def _take_words(self, launch: "Launch | None") -> None:
        """Have the stops that a launch names, which may have been taken away since."""
        if launch is None or self._taken == (launch.place, launch.stops):
            return
        self._taken = launch.place, launch.stops
        for words in launch.stops:
            with contextlib.suppress(StopWordsError, NoCodeError):  # the launch is checked for them
                self.stops.add(stop_of(words, 0, str(launch.working_folder), self.script))

    def _on_paused(self) -> None:
        halt = self.halt
        if halt is not None and self.stops.is_once(halt.stop):
            self.stops.remove(halt.stop)
        self.read_stack()

    def _take(self, frames: "tuple[Frame, ...]", halt: "Halt | None") -> None:
        self._is_new_pause = True
        self.stack.show(frames)
        self._read_variables()
        self._is_new_pause = False
        self._read_tree_again()
        if halt is not None and halt.kind in _SHOWS_ITS_LINE:
            self.show_frame()
        if halt is not None:
            self.paused.emit(halt)

    def _read_variables(self) -> None:
        frame, chosen = self.stack.frame, self.stack.chosen
        if frame is None:
            self.variables.clear()
        elif self.is_paused:
            place = f"{frame.file}:{frame.function}"
            self.variables.show(chosen, place, is_new_pause=self._is_new_pause)
        elif chosen != self.variables.frame:
            self.variables.clear()  # those of another frame were read; these cannot be any more

    def _read_tree_again(self) -> None:
        """Read a variable anew that is open as a tree, if the frame is one of its function."""
        source, frames = self._session.source, self.stack.frames
        if source is None or source.kind != "run" or not 0 <= source.frame < len(frames):
            return
        if frames[source.frame].function == source.function:
            self._session.read_call_again()

    def _on_assigned(self) -> None:
        self.variables.read_again()
        source = self._session.source
        if source is not None and source.kind == "run" and self.is_paused:
            self._session.read_call_again()

    def _pass_by(self) -> None:
        self.stack.pass_by()
        self.console.forget_trees()

    def _on_stops_changed(self) -> None:
        goal = self.goal
        self._session.activity.goal = stop_title(goal) if goal is not None else ""
        if self._memory is not None and self.script:
            self._memory.keep(self.script, self.stops.saved())
        self._send()

    def _send(self) -> None:
        """Tell the live run the stops; one that it cannot take is a problem."""
        session, run = self._session, self._run
        if run is None or not run.is_live:
            return

        def answered(answer: Record) -> None:
            for problem in self._problems:
                session.dismiss(problem)
            self._problems = (answer,) if isinstance(answer, Problem) else ()
            if isinstance(answer, Problem) and run is session.run and run.is_live:
                session.report(answer)

        session.ask_run(SetStops(tuple(self.stops)), answered)
