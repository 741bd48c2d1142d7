"""The debugger of a session: its stops, and the stack, variables and console of a paused run."""

from typing import TYPE_CHECKING

from eqxviz.records import Problem, Record, RunState, SetStops, Stop, StopKind
from eqxviz.session.debugging.console import Console
from eqxviz.session.debugging.goal import RunGoal
from eqxviz.session.debugging.paused_frames import PausedFrames, paused_status
from eqxviz.session.debugging.script_stops import ScriptStops
from eqxviz.session.debugging.stack import PausedStack
from eqxviz.session.debugging.stop_list import StopList
from eqxviz.session.debugging.variables import FrameVariables
from eqxviz.session.debugging.wording import stop_title

if TYPE_CHECKING:
    from eqxviz.engine.launch import Launch
    from eqxviz.records import Halt
    from eqxviz.session.debugging.script_stops import StopMemory
    from eqxviz.session.run_view import RunView
    from eqxviz.session.selecting import SelectionPart


class Debugger:
    """Follows the session's run: it is told the stops, and read wherever it pauses."""

    def __init__(self, session: "SelectionPart", memory: "StopMemory | None" = None) -> None:
        self._session = session
        self._run: RunView | None = None
        self._problems: tuple[Problem, ...] = ()  # that the stops have met
        self.stops = StopList()
        self.of_script = ScriptStops(self.stops, memory)
        self.goal = RunGoal(session, self.stops, self.of_script)
        self.stack = PausedStack()
        self.variables = FrameVariables(session.ask_run)
        self.console = Console(session.ask_run_through)
        self.frames = PausedFrames(session, self.stack, self.variables, self.console)
        self.stops.changed.connect(self._on_stops_changed)
        session.run_changed.connect(self.follow)
        session.model_changed.connect(self._follow_script)
        self.follow()

    @property
    def is_paused(self) -> bool:
        """Whether the script stands still, so that its frames can be looked into."""
        return paused_status(self._session) is not None

    @property
    def halt(self) -> "Halt | None":
        """Why the run is paused, None where it is not."""
        status = paused_status(self._session)
        return status.halt if status is not None else None

    def prepare(self, launch: "Launch") -> SetStops:
        """Return where a run is to stop that begins as `launch` says, which may name stops too."""
        self.of_script.show(launch.place)
        self.of_script.take_words(launch)
        return SetStops(tuple(self.stops))

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

    def follow(self) -> None:
        """Take in what the session says of its run."""
        run = self._session.run
        if run is not self._run:
            self._begin(run)
        if run is None:
            return
        status = run.status
        if status.state is not RunState.PAUSED:
            self.frames.pass_by()
        elif status.moment != self.frames.moment:
            self.frames.moment = status.moment
            self.goal.meet(status.halt)
            self.frames.read()
        if not run.is_live:
            self.console.lose()
            self.goal.forget()

    def _begin(self, run: "RunView | None") -> None:
        """Follow another run from now on: it is told the stops."""
        self._run = run
        self.frames.clear()
        self.goal.forget()
        self._follow_script()
        if run is not None:
            self.of_script.take_words(self._session.launch)
            self._send()

    def _follow_script(self) -> None:
        """Let the stops be those of the script that is run, or open."""
        run, source = self._session.run, self._session.source
        script = run.script if run is not None else source.script if source is not None else ""
        if script:
            self.of_script.show(script)

    def _on_stops_changed(self) -> None:
        goal = self.goal.stop
        self._session.activity.goal = stop_title(goal) if goal is not None else ""
        self.of_script.keep()
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
