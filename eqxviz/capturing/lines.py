"""Stops on source lines: a thread of the script is held before a line runs.

Python tells of the lines of the functions that hold a stop, and of nothing else, and only while
there are stops. From 3.12 on it has a place for several who want to know; before there is one
place a thread, which a debugger may have taken.
"""

import contextlib
import os
import sys
import threading
import traceback
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from eqxviz.capturing.conditions import Conditions
from eqxviz.capturing.feed import Feed
from eqxviz.capturing.gate import Gate
from eqxviz.capturing.held import Held
from eqxviz.engine.code_lines import CodeLines, Span, entries
from eqxviz.records import HaltKind, Problem, Severity, Stop

if TYPE_CHECKING:
    from eqxviz.capturing.observer import Observer

_TOOLS = (3, 4)  # of `sys.monitoring`: those that are meant for nobody else


class _Line(NamedTuple):
    """A stop, and the statement that it means."""

    stop: Stop
    span: Span


class _Place(NamedTuple):
    """A stop in a code object, and the offsets at which its statement begins there."""

    line: _Line
    offsets: frozenset[int]


class Host(Protocol):
    """What line stops need to know of the process."""

    @property
    def observer(self) -> "Observer | None":
        """Who sees its jitted calls; None before it has imported JAX."""
        ...


class LineStops:
    """Holds threads of the script before the lines that it is told to."""

    def __init__(self, gate: Gate, conditions: Conditions, host: Host, feed: Feed) -> None:
        self.gate = gate
        self.feed = feed
        self.problems: tuple[Problem, ...] = ()  # why stops are not met, or met elsewhere
        self._conditions = conditions
        self._host = host
        self._lines: dict[str, list[_Line]] = {}  # by file
        self._files: dict[str, str] = {}  # that code objects name: as which of those
        # By the id of the code, which is kept so that it is not given to another.
        self._known: dict[int, tuple[CodeType, list[_Place]]] = {}
        self._ear = _Monitoring(self) if sys.version_info >= (3, 12) else _Tracing(self)

    def set(self, stops: tuple[Stop, ...]) -> None:
        """Have these stops and no others; `problems` tells of them."""
        problems: list[Problem] = []
        lines: dict[str, list[_Line]] = {}
        for stop in stops:
            line = _line_of(stop, problems)
            if line is not None:
                lines.setdefault(os.path.realpath(stop.file), []).append(line)
        self._lines, self._known = lines, {}
        if lines:
            problems += self._ear.listen()
        else:
            self._ear.rest()
        self.problems = tuple(problems)

    def forget(self) -> None:
        """Let go of everything, in a child process after a fork."""
        self._lines, self._known = {}, {}
        self._ear.forget()

    def has_place_in(self, code: CodeType) -> bool:
        """Whether a stop is in `code`."""
        return bool(self._places(code))

    def come(self, frame: FrameType, line: int) -> bool:
        """Hold this thread if `frame`, about to run `line`, meets a stop.

        Return whether a stop may be met at this line.

        Raises:
            KeyboardInterrupt: If the user has asked to stop.
        """
        is_near = False
        observer = self._host.observer
        for (stop, span), offsets in self._places(frame.f_code):
            if not span.first <= line <= span.last:
                continue
            is_near = True
            is_turn = span.is_loop and line == span.first
            if not (is_turn or frame.f_lasti in offsets) or _is_ours(observer):
                continue
            with observer.muted() if observer is not None else contextlib.nullcontext():
                why = self._conditions.why_met(stop, frame)
                if why is not None:
                    self._hold(stop, span, why, frame)
                    break
        return is_near

    def _hold(self, stop: Stop, span: Span, why: str, frame: FrameType) -> None:
        file = frame.f_code.co_filename
        moved = "" if span.first <= stop.line <= span.last else f", the next after {stop.line}"
        words = f"line {span.first} of {os.path.basename(file)}{moved}"
        held = Held(-1, None, (), {}, file, frame.f_lineno, HaltKind.LINE)
        if self._host.observer is not None:
            held = _within_its_call(held, frame)
        words += " while it is traced" if held.function >= 0 else ""
        self.gate.hold(held.met(stop, f"{words}: {why}" if why else words))

    def _places(self, code: CodeType) -> "list[_Place]":
        """Return the stops that are in `code`, and where in it."""
        known, lines = self._known, self._lines
        found = known.get(id(code))
        if found is not None:
            return found[1]
        file = self._files.get(code.co_filename)
        if file is None:
            file = self._files[code.co_filename] = os.path.realpath(code.co_filename)
        every = (_Place(line, entries(code, line.span)) for line in lines.get(file, ()))
        places = [place for place in every if place.offsets]
        known[id(code)] = code, places
        return places


def _is_ours(observer: "Observer | None") -> bool:
    """Whether this thread works for us, and runs code of the user's meanwhile."""
    if observer is not None and observer.is_muted:
        return True
    return threading.current_thread().name.startswith("eqxviz-")


def _within_its_call(held: Held, frame: FrameType) -> Held:
    """Return the place with the jitted call that `frame` is within, if it is within one."""
    from eqxviz.capturing.calls_within import call_within  # imports JAX, as the script has done

    frames = [each for each, _ in traceback.walk_stack(frame)]
    call = call_within(reversed(frames))
    if call is None:
        return held
    function, target, args, kwargs = call
    number = function.calls + 1
    return replace(held, function=function.id, target=target, args=args, kwargs=kwargs, call=number)


def _line_of(stop: Stop, problems: list[Problem]) -> _Line | None:
    """Return what a stop means; where that is nothing, or another line, `problems` say so."""
    place = f"line {stop.line} of {os.path.basename(stop.file)}"
    try:
        span = CodeLines(stop.file).span_at(stop.line)
    except (OSError, SyntaxError, ValueError) as error:
        problems.append(_cannot(stop, f"There is no {place} to stop at", f"{error}."))
        return None
    if span is None:
        why = "There is no code in it, nor after it."
        problems.append(_cannot(stop, f"Nothing runs at {place}", why))
        return None
    if not span.first <= stop.line <= span.last:
        problems.append(
            Problem(
                "stop-moved", Severity.NOTE, f"The run stops at line {span.first}",
                f"There is no code at {place}: the next is at line {span.first}.",
                "Put the stop on another line, if that is not the one.", stop.file, span.first,
            )
        )  # fmt: skip
    return _Line(stop, span)


def _cannot(stop: Stop, title: str, why: str) -> Problem:
    return Problem(
        "no-such-line", Severity.WARNING, title, why, "Put the stop on a line that has code.",
        stop.file, stop.line,
    )  # fmt: skip


class _Monitoring:
    """Hears of lines by `sys.monitoring`, of which others have their own part."""

    def __init__(self, stops: LineStops) -> None:
        self._stops = stops
        self._tool: int | None = None
        self._heard: dict[int, CodeType] = {}  # whose lines are told of, by id

    @cached_property
    def _monitoring(self) -> Any:
        return vars(sys)["monitoring"]

    def listen(self) -> list[Problem]:
        """Hear of the lines of code with stops: of what runs, and of what starts to run."""
        monitoring = self._monitoring
        if self._tool is None:
            self._tool = next((t for t in _TOOLS if monitoring.get_tool(t) is None), None)
            if self._tool is None:
                return [_taken("All tools of sys.monitoring that are free for use are taken.")]
            monitoring.use_tool_id(self._tool, "eqxviz")
        self._ignore()
        events = monitoring.events
        for event in (events.PY_START, events.PY_RESUME):
            monitoring.register_callback(self._tool, event, self._on_start)
        monitoring.register_callback(self._tool, events.LINE, self._on_line)
        monitoring.set_events(self._tool, events.PY_START | events.PY_RESUME)
        monitoring.restart_events()
        for code in _running():
            self._hear(code)
        return []

    def rest(self) -> None:
        """Hear of nothing."""
        if self._tool is not None:
            self._ignore()
            self._monitoring.set_events(self._tool, 0)
            self._monitoring.free_tool_id(self._tool)
            self._tool = None

    def forget(self) -> None:
        """Hear of nothing, in a child process after a fork."""
        self.rest()

    def _ignore(self) -> None:
        while self._heard:
            _, code = self._heard.popitem()
            self._monitoring.set_local_events(self._tool, code, 0)

    def _hear(self, code: CodeType) -> None:
        if self._tool is not None and self._stops.has_place_in(code):
            self._heard[id(code)] = code
            self._monitoring.set_local_events(self._tool, code, self._monitoring.events.LINE)

    def _on_start(self, code: CodeType, _offset: int) -> Any:
        self._hear(code)
        return self._monitoring.DISABLE  # it is told once of each function, and costs nothing then

    def _on_line(self, _code: CodeType, line: int) -> Any:
        frame = sys._getframe(1)
        return None if self._stops.come(frame, line) else self._monitoring.DISABLE


class _Tracing:
    """Hears of lines by `sys.settrace`, where nobody else does.

    A thread that runs already is given its trace function when it comes to the gate next.
    """

    def __init__(self, stops: LineStops) -> None:
        self._stops = stops
        self._turn = 0  # counts the times that other stops were set; 0: there are none
        self._armed = threading.local()

    def listen(self) -> list[Problem]:
        """Hear of the lines of code with stops, in each thread from its next call on."""
        other: Any = threading.gettrace()
        if other is not None and other != self._trace:
            return [_taken(f"{other!r} traces it already.")]
        self._turn += 1
        threading.settrace(self._trace)  # of threads that start from now on
        gate = self._stops.gate
        gate.arriving = self._arm
        gate.see_calls(self, True)
        if threading.current_thread() is threading.main_thread():
            self._arm()
        return []

    def rest(self) -> None:
        """Hear of nothing: each thread stops tracing at the next that it would tell."""
        if not self._turn:
            return
        self._turn = 0
        if threading.gettrace() == self._trace:
            threading.settrace(None)  # type: ignore[arg-type]  # as its documentation has it
        gate = self._stops.gate
        gate.arriving = _nothing
        gate.see_calls(self, False)

    def forget(self) -> None:
        """Hear of nothing, in a child process after a fork: the gate's lock may be taken there."""
        self._turn = 0

    def _arm(self) -> None:
        """Have this thread traced, in the functions that it runs already, too."""
        if getattr(self._armed, "turn", 0) == self._turn:
            return
        self._armed.turn = self._turn
        other: Any = sys.gettrace()
        if other is not None and other != self._trace:
            self._stops.feed.tell_once(_taken(f"{other!r} traces it already."))
            return
        frame: FrameType | None = sys._getframe()
        while frame is not None:
            if self._stops.has_place_in(frame.f_code):
                frame.f_trace = self._trace_lines
            frame = frame.f_back
        sys.settrace(self._trace)

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        if not self._turn:
            sys.settrace(None)
            return None
        return self._trace_lines if self._stops.has_place_in(frame.f_code) else None

    def _trace_lines(self, frame: FrameType, event: str, argument: Any) -> Any:
        if not self._turn:
            frame.f_trace = None
            return None
        if event == "line":
            self._stops.come(frame, frame.f_lineno)
        return self._trace_lines


def _running() -> Iterator[CodeType]:
    """Yield the code that the threads are running."""
    for frame in sys._current_frames().values():
        for each, _line in traceback.walk_stack(frame):
            yield each.f_code


def _taken(why: str) -> Problem:
    return Problem(
        "lines-not-told", Severity.WARNING, "The run does not stop at lines", why,
        "Run it without a debugger and without coverage, or with Python 3.12 or later, where "
        "they do not get in each other's way.",
    )  # fmt: skip


def _nothing() -> None:
    pass
