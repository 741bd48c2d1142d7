"""`eqxviz run --headless`: a script under capture in a terminal, as if Python ran it."""

import contextlib
import math
import queue
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING

from eqxviz.cli.diagnosis import Diagnosis
from eqxviz.cli.screen import Screen
from eqxviz.cli.without_window import FAILED, STOPPED_AT
from eqxviz.engine.engine import Engine
from eqxviz.engine.launch import Launch
from eqxviz.records import NOT_OBSERVED, STOP_CAME_LATE, MetricBatch, Problem, RunState, RunStatus
from eqxviz.session import formatting
from eqxviz.session.ending import keep_end

if TYPE_CHECKING:
    from eqxviz.engine.worker import Worker
    from eqxviz.records import Record, Series

_TICK_SECONDS = 0.25
_SHOW_SECONDS = 0.1  # at least, between two lines about the run
_SAME_PRESS_SECONDS = 0.3  # so long a key that is held, or sent to the group too, counts once
_LAST_OUTPUT_SECONDS = 2.0
_LEFT = "script-exited"
_FROM_KEYBOARD = 128  # SI_KERNEL of siginfo_t: not from a process


def run_headless(launch: Launch) -> int:
    """Run what `launch` names to its end, and return its exit code."""
    return TerminalRun(launch).run()


class TerminalRun:
    """A script under capture, for which this process stands: its streams, interrupts, exit code.

    It obeys what is `asked` before it starts; one that is not kept is in no list of runs.
    """

    def __init__(
        self,
        launch: Launch,
        asked: "Sequence[Record]" = (),
        *,
        is_kept: bool = True,
        screen: Screen | None = None,
    ) -> None:
        self._launch = launch
        self._asked = asked
        self._is_kept = is_kept
        self._posted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._engine = Engine(self._posted.put)
        self._screen = screen or Screen()
        self._status = RunStatus.at_start()
        self._loss = _LastLoss()
        self._problems: list[Problem] = []
        self._worker: Worker | None = None
        self._diagnosis: Diagnosis | None = None  # once it came to where it was to stop
        self._ended_by = 0  # the signal that told this process to go
        self._pressed = -math.inf  # when Ctrl+C was
        self._started = self._shown = time.monotonic()

    def run(self) -> int:
        """Run it to its end, and return the exit code."""
        self._listen()
        self._worker = worker = self._engine.run(
            self._launch,
            on_event=self._on_event,
            on_output=lambda text: self._screen.say(text.rstrip("\n")),
            on_death=keep_end,
            streams=self._screen.open,
            asked=self._asked,
            is_kept=self._is_kept,
        )
        try:
            self._show()
            # It may have told of its end: what the script left open is closed after that.
            while worker.alive or not self._status.state.is_end:
                self._live()
        finally:
            self._engine.close(leave_runs=False)
            self._catch_up()  # with why it ended, which may come after that it did
            self._screen.close(_LAST_OUTPUT_SECONDS)
        self._tell_end(worker)
        return self._exit_code(worker)

    def _live(self) -> None:
        with contextlib.suppress(queue.Empty):
            self._posted.get(timeout=_TICK_SECONDS)()
        self._catch_up()
        if time.monotonic() - self._shown >= _SHOW_SECONDS:
            self._show()

    def _catch_up(self) -> None:
        while not self._posted.empty():
            self._posted.get()()

    def _on_event(self, record: "Record") -> None:
        if isinstance(record, RunStatus):
            self._status = record
            self._look_at_pause(record)
        elif isinstance(record, MetricBatch):
            self._loss.add(record)
        elif isinstance(record, Problem):
            self._problems.append(record)

    def _look_at_pause(self, status: RunStatus) -> None:
        """Where the run came to one of its stops, have told what there is to tell, and end it."""
        worker, halt = self._worker, status.halt
        is_met = status.state is RunState.PAUSED and halt is not None and halt.stop >= 0
        if worker is None or halt is None or not is_met or self._diagnosis is not None:
            return
        is_kept = self._launch.keep_calls
        self._diagnosis = Diagnosis(worker, status, halt, is_kept, worker.stop)
        self._diagnosis.begin()

    def _listen(self) -> None:
        def later(act: Callable[[int], None]) -> Callable[[int, FrameType | None], None]:
            return lambda number, _frame: self._posted.put(lambda: act(number))

        threading.Thread(target=self._await_interrupts, daemon=True).start()
        signal.signal(signal.SIGTERM, later(self._on_end_wanted))
        # Under `nohup` it is ignored, and stays so.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, later(self._on_end_wanted))
        signal.signal(signal.SIGWINCH, lambda _number, _frame: self._screen.resize())

    def _await_interrupts(self) -> None:
        while True:
            heard = signal.sigwaitinfo({signal.SIGINT})
            is_typed = heard.si_code == _FROM_KEYBOARD and self._screen.shares_keyboard
            worker = self._worker
            has_heard = is_typed and worker is not None and worker.pid >= 0
            self._posted.put(lambda has_heard=has_heard: self._on_interrupt(has_heard))

    def _on_interrupt(self, has_heard: bool) -> None:
        """Ctrl+C, of which the script knows by itself or not."""
        worker, now = self._worker, time.monotonic()
        if worker is None or now - self._pressed < _SAME_PRESS_SECONDS:
            return
        is_first, self._pressed = self._pressed == -math.inf, now
        if not is_first:
            worker.kill()
            return
        if not has_heard:
            worker.interrupt()
        self._screen.say("eqxviz: the script is interrupted; Ctrl+C again ends it at once")

    def _on_end_wanted(self, number: int) -> None:
        self._ended_by = number
        worker = self._worker
        if worker is not None:
            (worker.dismiss if worker.has_finished else worker.stop)()

    def _show(self) -> None:
        self._shown = time.monotonic()
        status = self._status
        words = f"{self._launch.title} – {self._state_words()}"
        if status.step:
            words += f", step {status.step:,}"
        parts = [words]
        if self._diagnosis is not None:
            parts.append(self._diagnosis.progress)
        if math.isfinite(status.steps_per_second):
            parts.append(f"{status.steps_per_second:,.3g} steps/s")
        if self._loss.text:
            parts.append(self._loss.text)
        parts.append(formatting.seconds(time.monotonic() - self._started))
        self._screen.show(" · ".join(parts))

    def _state_words(self) -> str:
        return self._status.state.value

    def _tell_end(self, worker: "Worker") -> None:
        from eqxviz.session.listing import problem_text

        if self._diagnosis is not None:
            self._screen.say(self._diagnosis.text)
        wanted = self._ended_by or self._pressed > -math.inf
        for problem in () if wanted else self._problems:
            if problem.code == _LEFT:  # it has said itself why
                continue
            # What the script raised it has printed itself, with all its lines.
            was_printed = self._status.state is RunState.FAILED and worker.pid >= 0
            told = replace(problem, frames=(), detail="") if was_printed else problem
            self._screen.say(problem_text(told))
        status = self._status
        has_left = any(problem.code == _LEFT for problem in self._problems)
        code = f" with exit code {status.exit_code}" if has_left else ""
        steps = f" after {status.step:,} step{'s'[: status.step != 1]}" if status.step else ""
        if worker.pid < 0:
            return
        self._screen.say(
            f"eqxviz: {self._launch.title} {status.state.value}{code}{steps} "
            f"in {formatting.seconds(time.monotonic() - self._started)}; "
            f"`eqxviz runs open {worker.folder.name}` shows the run, which is kept in "
            f"{worker.folder}"
        )

    def _was_told(self, code: str) -> bool:
        return any(problem.code == code for problem in self._problems)

    def _exit_code(self, worker: "Worker") -> int:
        if self._ended_by:
            return 128 + self._ended_by
        if self._diagnosis is not None or self._was_told(STOP_CAME_LATE):
            return STOPPED_AT
        code = self._status.exit_code if worker.exit_code is None else worker.exit_code
        if self._status.state is RunState.STOPPED and code < 0:
            return 128 + signal.SIGINT
        if code < 0 and (worker.exit_code is not None or self._status.state is RunState.DIED):
            return 128 - code  # as a shell says it
        # Who asked for a stop is not to take it for a run that came to none.
        is_blind = bool(self._launch.stops) and self._was_told(NOT_OBSERVED)
        return FAILED if code < 0 or (is_blind and code == 0) else code


class _LastLoss:
    """The latest value of the curve that is most likely the loss."""

    def __init__(self) -> None:
        self._shown: Series | None = None
        self._value = math.nan

    @property
    def text(self) -> str:
        """Return "loss 0.0312", "" as long as there is none."""
        if self._shown is None or math.isnan(self._value):
            return ""
        return f"{self._shown.name} {self._value:.4g}"

    def add(self, batch: MetricBatch) -> None:
        """Take in what has come."""
        for series in batch.new_series:
            if self._shown is None or _likeness(series) > _likeness(self._shown):
                self._shown, self._value = series, math.nan
        if self._shown is not None:
            rows = (batch.series == self._shown.id).nonzero()[0]
            if len(rows):
                self._value = float(batch.value[rows[-1]])


def _likeness(series: "Series") -> tuple[bool, bool]:
    return "loss" in series.name.lower(), not series.is_state
