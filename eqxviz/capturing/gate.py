"""The gate between two jitted calls: the place to pause, to step, to stop, and to look."""

import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from eqxviz.capturing.held import Held
from eqxviz.capturing.run_clock import RunClock
from eqxviz.records import GateCommand, HaltKind, RunState, Stop

Job = Callable[[Held | None], None]


class Met(NamedTuple):
    """A stop that was met by values that were read: it waits for a thread to come to the gate."""

    stop: Stop
    why: str  # as it is said right after the call: "loss is 12.3 at step 41"
    why_late: str  # and before a later one: "loss was 12.3 at step 41"


class _Reach:
    """How far the script may go on: until it is held, and to which step if to one."""

    def __init__(self, is_held: bool) -> None:
        self.is_held = is_held
        self.run_to = sys.maxsize  # steps to be done before a certain call, where one is run to
        self._after: int | None = None  # the same, for the next call of any function

    def set(self, is_held: bool, *, after: int | None = None, run_to: int = sys.maxsize) -> None:
        """Replace whatever was ordered before."""
        self.is_held, self._after, self.run_to = is_held, after, run_to

    @property
    def is_watched(self) -> bool:
        """Whether each call is to ask if it may go on."""
        return self.is_held or self._after is not None

    def ends_at(self, steps: int, is_step: bool) -> bool:
        """Whether a call made after `steps` steps is held; from the first such call on all are."""
        if is_step and steps >= self.run_to:
            self.is_held, self.run_to = True, sys.maxsize
        if self._after is not None and steps >= self._after:
            self.is_held, self._after = True, None
        return self.is_held


class _Place:
    """A thread that waits."""

    def __init__(self, at: Held, is_due: bool) -> None:
        self.at = at
        self.is_due = is_due  # it is to be seen before it is let go
        self.is_let_go = False  # for good: whatever is commanded later counts from its next call
        self.thread = threading.get_ident()


class CallPassedError(ValueError):
    """Raised when the run is to go to a call that was made already."""

    def __init__(self, call: int, made: int) -> None:
        super().__init__(
            f"Call {call} of the step function was made already: there were {made} so far. "
            f"A run goes forward only; choose a call from {made + 1} on."
        )


class Gate:
    """Lets calls through, or holds them. Commands come from any thread, calls from the user's.

    A call looks at `attention` alone, and comes in by `arrive` only if it is set. Jobs run in the
    thread that arrives, between two calls, when nothing of the user's runs there; while threads
    wait, in the one that waits first. A thread that meets a stop waits wherever it is, by `hold`.
    """

    def __init__(self, hold: bool = False) -> None:
        self.attention = hold
        self.state = RunState.STARTING
        self.was_stopped = False  # whether a stop has reached the script
        self.changed: Callable[[], None] = lambda: None
        self.resumed: Callable[[], None] = lambda: None  # called before a paused call is made
        self.steps: Callable[[], int] = lambda: 0
        self.step_function: Callable[[], int] = lambda: -1  # FunctionSeen.id; -1: not known yet
        # Whoever counts steps sets `attention` when so many were made: the call after that counts.
        self.attend_from = sys.maxsize
        self.clock = RunClock()
        self.interrupt: Callable[[], None] = lambda: None  # ends what is evaluated for a stop
        self.arriving: Callable[[], None] = lambda: None  # called by each thread that arrives
        self._condition = threading.Condition()
        self._reach = _Reach(is_held=hold)
        self.stop_wanted = False  # the user has asked to stop
        self._visits: list[tuple[int, Job]] = []  # steps to be done before each
        self._jobs: deque[Job] = deque()
        self.met: Met | None = None  # and no thread has come yet
        self._seers: set[object] = set()
        self._waiting: list[_Place] = []

    @property
    def held(self) -> Held | None:
        """Where the script waits; the first place, if several threads wait."""
        waiting = self._waiting
        return waiting[0].at if waiting else None

    def now(self) -> tuple[RunState, Held | None, float]:
        """Return `state`, `held` and the seconds that the clock shows, all of one moment."""
        with self._condition:
            held = self.held if self.state is not RunState.RUNNING else None
            return self.state, held, self.clock.elapsed()

    @property
    def is_letting_go(self) -> bool:
        """Whether the first thread that waits may go on as soon as it has done its jobs."""
        waiting = self._waiting
        is_held = self._reach.is_held or bool(waiting and waiting[0].is_due)
        return self.stop_wanted or not is_held or bool(waiting and waiting[0].is_let_go)

    def start(self) -> None:
        """The script begins now."""
        self.clock.start()
        self._set_state(RunState.RUNNING)

    def end(self, state: RunState) -> None:
        """The script has ended. Jobs are refused from here on: the caller runs them."""
        self._set_state(state)

    def command(self, command: GateCommand, call: int = -1, *, is_onward: bool = False) -> None:
        """Obey `command` from the next call on. `call` counts the step function's calls from 1.

        With `is_onward` so many calls are made before the one that is run to. To run to the call
        that waits, or to the next one, is to pause. When this returns, the state and what is told
        of it are no longer those of before: a thread that is let go is paused no more.

        Raises:
            CallPassedError: If the run is to go to a call that was made already.
        """
        is_news = False
        with self._condition:
            if is_onward:
                call += self.steps() + 1
            if command is GateCommand.RUN_TO and call <= self.steps():
                raise CallPassedError(call, self.steps())
            if command is GateCommand.STOP:
                self.stop_wanted = True
            else:
                self._reach.set(
                    # Nobody has seen yet what was met: it holds the run all the same.
                    is_held=command is GateCommand.PAUSE or self.met is not None,
                    after=self.steps() + 1 if command is GateCommand.STEP else None,
                    run_to=call - 1 if command is GateCommand.RUN_TO else sys.maxsize,
                )
                if self._waiting:
                    first = self._waiting[0]
                    first.is_due = False
                    first.is_let_go = not self._must_wait(first)
                    is_news = first.is_let_go and self._enter(RunState.RUNNING)
            self._update_attention()
            self._condition.notify_all()
        if is_news:
            self.changed()
        if command in (GateCommand.PAUSE, GateCommand.STOP):
            self.interrupt()
        if command is GateCommand.STOP:
            self._set_state(RunState.STOPPING)

    def post(self, job: Job) -> None:
        """Run `job` at the next call, or now if one waits. Its argument is the waiting call."""
        with self._condition:
            self._jobs.append(job)
            self._update_attention()
            self._condition.notify_all()

    def visit_at(self, step: int, job: Job) -> None:
        """Run `job` once, before the first call of the step function after `step` steps.

        Nobody pauses for it. It must not raise: it runs within a call of the user's.
        """
        with self._condition:
            self._visits.append((step, job))
            self._update_attention()

    def take_job(self) -> Job:
        """Return the next job, waiting for one: for the main thread when the script is over."""
        with self._condition:
            while not self._jobs:
                self._condition.wait()
            return self._jobs.popleft()

    def see_calls(self, seer: object, is_wanted: bool) -> None:
        """Have every call come in by `arrive`, for as long as `seer` wants it."""
        with self._condition:
            (self._seers.add if is_wanted else self._seers.discard)(seer)
            self._update_attention()

    def meet(self, met: Met) -> None:
        """Hold the next thread that comes, as values have met a stop. Of several the first counts.

        Where a thread waits already, that is why.
        """
        with self._condition:
            if self._waiting and self._reach.is_held:
                place = self._waiting[0]
                if place.at.stop < 0:
                    place.at = _at(place.at, met)
            elif self.met is None:
                self.met = met
                self._reach.set(is_held=True)
                self._update_attention()

    def arrive(self, at: Held) -> None:
        """Run the jobs, and return when the script may go on from `at`.

        Raises:
            KeyboardInterrupt: In the main thread, when the user has asked to stop.
        """
        if any(place.thread == threading.get_ident() for place in self._waiting):
            return  # a job's own call, of code that has only just brought JAX: it is not muted
        self.arriving()
        if not self._waiting:
            self._run_jobs(at)
        if self._visits and at.kind is HaltKind.CALL and self.step_function() == at.function:
            self._run_visits(at)
        self._pass(_Place(at, is_due=False))

    def hold(self, at: Held) -> None:
        """Hold this thread at `at`, where it met a stop, until it is let go.

        Other threads are held at their next calls.

        Raises:
            KeyboardInterrupt: In the main thread, when the user has asked to stop.
        """
        with self._condition:
            if self.state.is_end:
                return
            self._reach.set(is_held=True)
            self._update_attention()
        self._pass(_Place(at, is_due=True))

    def _pass(self, place: _Place) -> None:
        if self._must_wait(place):
            self._wait(place)
            self.arriving()  # other stops may have been set meanwhile
        is_main = threading.current_thread() is threading.main_thread()
        if self.stop_wanted and is_main and self.take_stop():
            raise KeyboardInterrupt("stopped by eqxviz")

    def take_stop(self) -> bool:
        """Whether who asks is to interrupt the script: once, so that it can tidy up."""
        with self._condition:
            is_due, self.was_stopped = not self.was_stopped, True
            return is_due

    def _wait(self, place: _Place) -> None:
        with self._condition:
            if not self._waiting:
                self.clock.pause()
            is_news = self._take_place(place)
        try:
            if is_news:
                self.changed()
            while self._must_wait(place):
                if self._waiting[0] is place:
                    self._run_jobs(place.at)
                with self._condition:
                    is_idle = not self._jobs or self._waiting[0] is not place
                    if self._must_wait(place) and is_idle:
                        self._condition.wait()
        finally:
            with self._condition:
                is_news = self._leave_place(place)
            self.resumed()
            if is_news:
                self.changed()

    def _take_place(self, place: _Place) -> bool:
        """Have the thread wait; who meets a stop comes before who is merely held.

        Return whether the run is paused somewhere else now.
        """
        place.at = replace(place.at, thread=threading.current_thread().name)
        if self.met is not None and not place.is_due:
            place.at, self.met = _at(place.at, self.met), None
        is_first = place.at.stop >= 0 and not (self._waiting and self._waiting[0].is_due)
        self._waiting.insert(0 if is_first else len(self._waiting), place)
        if self._waiting[0] is not place:
            return False  # it is told of when that one has gone
        self._enter(RunState.PAUSED)
        return self.state is RunState.PAUSED

    def _leave_place(self, place: _Place) -> bool:
        """Return whether the run goes on, or is paused somewhere else now."""
        was_first = self._waiting[0] is place
        self._waiting.remove(place)
        if self._waiting:
            self._condition.notify_all()  # another one has the jobs
            is_elsewhere = was_first and self._must_wait(self._waiting[0])
            if is_elsewhere:
                self._enter(RunState.PAUSED)
            return is_elsewhere
        self.clock.go_on()
        return self._enter(RunState.RUNNING)

    def _must_wait(self, place: _Place) -> bool:
        at = place.at
        is_step = at.kind is HaltKind.CALL and self.step_function() in (at.function, -1)
        with self._condition:
            if self.stop_wanted or place.is_let_go:
                return False
            if self._reach.ends_at(self.steps(), is_step):
                self._update_attention()
                return True
            return place.is_due

    def _run_jobs(self, at: Held) -> None:
        while self._jobs:
            with self._condition:
                job = self._jobs.popleft() if self._jobs else None
                self._update_attention()
            if job is not None:
                job(at)

    def _run_visits(self, at: Held) -> None:
        steps = self.steps()
        with self._condition:
            due = [job for step, job in self._visits if step <= steps]
            self._visits = [visit for visit in self._visits if visit[0] > steps]
            self._update_attention()
        for job in due:
            job(at)

    def _update_attention(self) -> None:
        self.attend_from = min([self._reach.run_to, *(step for step, _ in self._visits)])
        is_near = self.steps() >= self.attend_from
        self.attention = bool(
            self._reach.is_watched or self.stop_wanted or self._jobs or self._seers or is_near
        )

    def _set_state(self, state: RunState) -> None:
        with self._condition:
            is_news = self._enter(state)
        if is_news:  # told by who holds nothing: whoever hears of it may command
            self.changed()

    def _enter(self, state: RunState) -> bool:
        """Return whether `state` is another one. Once stopping, only an end follows; after an end,
        nothing.
        """
        over = self.state.is_end or (self.state is RunState.STOPPING and not state.is_end)
        if over or self.state is state:
            return False
        if state.is_end:
            self.clock.end()
        self.state = state
        return True


def _at(held: Held, met: Met) -> Held:
    """Return where a thread is held by what was met."""
    return held.met(met.stop, met.why if held.kind is HaltKind.RETURN else met.why_late)
