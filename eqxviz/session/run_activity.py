"""What the run is doing at this moment, in words: also between what it tells of itself."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from eqxviz.engine.stopping import KILL_AFTER_SECONDS, TERMINATE_AFTER_SECONDS
from eqxviz.session import formatting

if TYPE_CHECKING:
    from eqxviz.records import Control, FunctionTotals, Record, RunStatus
    from eqxviz.session.run_view import RunView

QUIET_SECONDS = 3.0  # so long without the end of a call is told
_AT_CALL_SECONDS = 0.3  # so long a stop waits for a call before it interrupts the script
_TELL_THE_END = ("script-raised", "worker-died", "worker-unreachable", "worker-did-not-start")


class RunActivity:
    """What the user has asked of a run that has not come about yet, and when it was last heard of.

    `clock` counts seconds from anywhere.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asked: Control | None = None
        self._asked_at: RunStatus | None = None
        self._stop_since: float | None = None
        self._told_at: float | None = None  # the latest status
        self._call_at: float | None = None  # a call began or ended, as far as is known
        self._n_calls = 0
        self._newest: tuple[int, int] | None = None  # function, and how many calls there were then
        self.goal = ""  # what the run goes on to: "loss > 10"; "" for nothing in particular

    @property
    def asked(self) -> str:
        """The command that has not taken effect yet: "pause", "step", "run to"; "" for none."""
        return self._asked.command.value if self._asked is not None else ""

    @property
    def is_stopping(self) -> bool:
        """Whether the user has asked the run to stop."""
        return self._stop_since is not None

    def ask(self, control: "Control", status: "RunStatus") -> None:
        """The user has told the run what to do, which was as `status` says."""
        self._asked, self._asked_at = control, status

    def ask_stop(self) -> None:
        """The user has asked the run to stop."""
        if self._stop_since is None:
            self._stop_since = self._clock()

    def forget(self) -> None:
        """What was asked is not going to happen."""
        self._asked = self._asked_at = None

    def add(self, record: "Record") -> None:
        """Take in what the run tells."""
        from eqxviz.records import FunctionSeen, FunctionTotals, RunStatus

        if isinstance(record, RunStatus):
            self._told_at = self._clock()
            self._settle(record)
        elif isinstance(record, FunctionSeen):
            self._newest = record.id, self._n_calls
            self._call_at = self._clock()
        elif isinstance(record, FunctionTotals):
            self._count(record)

    def elapsed_seconds(self, run: "RunView") -> float:
        """Return how long the run has gone on, which it does between what it tells."""
        status = run.status
        if self._told_at is None or status.state.value not in ("running", "stopping"):
            return status.elapsed_seconds
        return status.elapsed_seconds + self._clock() - self._told_at

    def quiet_seconds(self, run: "RunView") -> float:
        """Return how long no call has ended while the run goes on; 0 for a short time.

        A first call, which compiles, is told by `words`.
        """
        if run.status.state.value != "running" or self._first_call(run):
            return 0.0
        return self._quiet()

    def words(self, run: "RunView") -> str:
        """Return what the run is doing: "running", "paused before call 13 of make_step at ..."."""
        status = run.status
        if status.state.is_end:
            return _ended(run)
        if self._stop_since is not None or status.state.value == "stopping":
            return self._stopping()
        if status.state.value == "paused" and self.asked in ("", "pause"):
            return _paused(run)
        first = self._first_call(run) if status.state.value == "running" else ""
        if doing := self._doing():
            return f"{doing}, {first}" if first else doing
        if status.state.value == "starting":
            return "starting"
        if not run.functions:
            return "running, no jitted call yet"
        return first or (f"running to {self.goal}" if self.goal else "running")

    def _doing(self) -> str:
        if self._asked is None:
            return ""
        waits = {"pause": "pausing…", "step": "stepping…", "run to": "running to call "}
        words = waits.get(self.asked, "")
        if self._asked.is_onward:
            calls = "call" if self._asked.call == 1 else "calls"
            return f"running for {self._asked.call:,} more {calls}"
        return f"{words}{self._asked.call:,}" if self.asked == "run to" else words

    def _stopping(self) -> str:
        since = self._clock() - self._stop_since if self._stop_since is not None else 0.0
        if since < _AT_CALL_SECONDS:
            return "stopping at the next call"
        if since < TERMINATE_AFTER_SECONDS:
            return "stopping, interrupted as by Ctrl+C"
        if since < KILL_AFTER_SECONDS:
            return "stopping, told to end"
        return "stopping, ended by force"

    def _first_call(self, run: "RunView") -> str:
        """Return "compiling make_step in its first call for 8 s"; "" if no such call goes on."""
        if self._newest is None:
            return ""
        function, n_calls = self._newest
        seen, status = run.functions.get(function), run.status
        # The status may be told before the totals of the same moment.
        is_step = function == status.step_function and status.step > 0
        if seen is None or n_calls != self._n_calls or is_step:
            return ""
        quiet = self._quiet()
        so_long = f" for {formatting.passing_seconds(quiet)}" if quiet else ""
        return f"compiling {seen.name} in its first call{so_long}"

    def _quiet(self) -> float:
        quiet = self._clock() - self._call_at if self._call_at is not None else 0.0
        return quiet if quiet >= QUIET_SECONDS else 0.0

    def _count(self, totals: "FunctionTotals") -> None:
        n_calls = int(totals.calls.sum())
        if n_calls != self._n_calls:
            self._n_calls, self._call_at = n_calls, self._clock()

    def _settle(self, status: "RunStatus") -> None:
        """Forget what was asked once it has come about."""
        asked, at = self._asked, self._asked_at
        if asked is None or at is None:
            return
        state = status.state.value
        is_new_pause = state == "paused" and status.moment != at.moment
        # Where it pauses again at once, nothing may have been told of it in between.
        has_gone_on = self.asked == "continue" and state != "paused"
        if has_gone_on or is_new_pause or status.state.is_end:
            self.forget()


def _paused(run: "RunView") -> str:
    """Return "paused before call 13 of make_step at train.py:40", and why if it did by itself."""
    status, halt = run.status, run.status.halt
    seen = run.functions.get(status.at_function)
    kind = halt.kind.value if halt is not None else "before a call"
    place = f"{Path(status.at_file).name}:{status.at_line}" if status.at_file else ""
    words = "paused"
    if kind == "after a call" and seen is not None:
        words = f"paused after call {_call_of(run):,} of {seen.name}"
    elif kind == "before a call" and seen is not None:
        words = f"paused before call {_call_of(run):,} of {seen.name}"
        words += f" at {place}" if place else ""
    elif place and halt is not None and halt.callback:
        words = f"paused at {halt.callback}, called back from {place}"
    elif place:
        words = f"paused {'at' if kind == 'at an exception' else 'before'} {place}"
    why = (halt.error or halt.why) if halt is not None else ""
    # What is told of a stop at a call or a line names that as well.
    own = f"call {_call_of(run):,} of {seen.name}" if seen is not None else ""
    line = f"line {status.at_line} of {Path(status.at_file).name}"
    for place in (own, line):
        why = "" if why == place else why.removeprefix(f"{place}: ")
    return f"{words}: {why}" if why else words


def _call_of(run: "RunView") -> int:
    """Return the how-manieth call it is at which the run is paused."""
    halt = run.status.halt
    if halt is not None and halt.call > 0:
        return halt.call
    return _calls_of(run, run.status.at_function) + 1


def _calls_of(run: "RunView", function: int) -> int:
    """Return how many calls of `function` were made."""
    if function == run.status.step_function:
        return run.status.step
    totals = run.ledger.totals
    if totals is None:
        return 0
    return next(
        (int(n) for f, n in zip(totals.function, totals.calls, strict=True) if f == function), 0
    )


def _ended(run: "RunView") -> str:
    """Return "finished", "failed: The script raised ValueError", "died: was killed"."""
    status = run.status
    state = status.state.value
    if state == "stopped":
        return "stopped by force" if status.exit_code < -1 else "stopped"
    if state == "finished":
        return "finished"
    why = next((p.title for p in reversed(run.problems) if p.code in _TELL_THE_END), "")
    why = why.removeprefix(f"{Path(run.script).name} ")  # its name is said beside it
    if not why and status.exit_code >= 0:
        why = f"exit code {status.exit_code}"
    return f"{state}: {formatting.elide_middle(why, 80)}" if why else state
