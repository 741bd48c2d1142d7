"""A process whose jitted calls are observed and kept, and which answers about them."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from eqxviz.capturing import Capture, Gate, Held, install, uninstall
from eqxviz.capturing.gate import CallPassedError
from eqxviz.records import (
    AskExecutable,
    Control,
    Done,
    DrawFunction,
    FunctionTotals,
    GateCommand,
    Halt,
    HaltKind,
    KeepCalls,
    Lower,
    MetricBatch,
    OpenModel,
    Problem,
    Record,
    RunState,
    RunStatus,
    SavePlan,
    SetStops,
    TypeInput,
    WatchDynamics,
    Welcome,
)
from eqxviz.store import RunStore, StoreError
from eqxviz.worker import cancelling, cards, stopping
from eqxviz.worker.checkpoints import Checkpointing
from eqxviz.worker.describing import Describing
from eqxviz.worker.examining import Examining
from eqxviz.worker.frames import FrameAnswers, FrameRequest
from eqxviz.worker.journal import Journal
from eqxviz.worker.post_mortem import PostMortem
from eqxviz.worker.service import Answer, Service

if TYPE_CHECKING:
    from eqxviz.worker.at_gate import Answers

_WATCHER_SECONDS = 10.0


@dataclass(frozen=True)
class Meeting:
    """Where a process can be met, what it runs, and where that is kept."""

    socket: Path
    token: str
    folder: Path
    script: str
    argv: tuple[str, ...]
    name: str = ""  # what the user calls it
    is_captured: bool = False  # the user's own process
    port: socket.socket | None = None  # a socket of `listen_on`, at which it is met as well


class Host(Protocol):
    """What a process does about those who watch it. Called in a thread of their connection."""

    def stop(self) -> Record:
        """End the script, if that is for a window to do, and return the answer."""
        ...

    def take_input(self, text: str) -> Record:
        """Type `text` on the script's standard input, and return the answer."""
        ...

    def on_left_alone(self, on_purpose: bool) -> None:
        """The last one who could let it go on is gone, and has said that it leaves or has not."""
        ...

    def on_abandoned(self) -> None:
        """Nobody was connected for half a minute."""
        ...


class Observed:
    """Capture, journal and service of this process: of one that was started for a script, and of
    one that the user started and made observable. They differ in their `host`.
    """

    def __init__(self, meeting: Meeting, gate: Gate, root: str, host: Host) -> None:
        self.gate = gate
        self._host = host
        self._exit_code = -1
        self._is_captured = meeting.is_captured
        # Held from where a status is made until it is kept: the newest one is the last.
        self._status_order = threading.RLock()
        self.journal = Journal(meeting.folder, lambda: _make_store(meeting))
        self._describing = Describing(meeting.script, meeting.argv, self.journal.append)
        welcome = Welcome(
            os.getpid(), sys.executable, str(meeting.folder), meeting.script,
            secrets.token_hex(8), meeting.name, meeting.is_captured,
        )  # fmt: skip
        self._service = Service(
            meeting.socket, meeting.token, welcome, self._handle,
            host.on_abandoned, self.journal, self._on_left_alone, meeting.port,
        )  # fmt: skip
        self.examining = Examining(gate, root, self.journal.append)
        self.capture: Capture = install(self._record, gate, root)
        self.questions = Questions(gate, self.capture, root)
        self.checkpoints = Checkpointing(
            gate, self.capture, self.journal.append, meeting.folder.name
        )
        self.post_mortem = PostMortem(
            gate, self.capture, root, self.journal.append, self._is_watched
        )
        os.register_at_fork(after_in_child=self._forget)
        gate.changed = self._on_state

    def start(self) -> None:
        """Be met from now on; calls count from here."""
        self._service.start()
        self.gate.start()
        self._describing.start()

    def grant(self, wish: Record) -> None:
        """Do what was asked for before the script began; where that fails, the run tells why."""

        def tell(answer: Record) -> None:
            if isinstance(answer, Problem):
                self.journal.append([answer])

        self._handle(wish, Answer(tell, self))

    def end(self, state: RunState, exit_code: int, cards: Iterable[Problem]) -> None:
        """The script has come to its end; `cards` say of what it failed."""
        self.capture.end_watch()
        self.capture.flush()
        self.examining.finish()
        self.checkpoints.finish()
        self._exit_code = exit_code
        self._describing.renew()
        late = stopping.too_late(self.gate)
        if late is None and state is RunState.FINISHED:
            late = stopping.never_there(self.capture)
        self.capture.keep_calls(False)
        # Before the end: whoever waits for that knows the reason then.
        if late is not None:
            self.journal.append([late])
        for card in cards:
            self.journal.append([card])
        self.gate.end(state)

    def descriptors(self) -> tuple[int, ...]:
        """Return the file descriptors by which this process is met."""
        return self._service.descriptors()

    def await_watcher(self) -> None:
        """Wait until somebody has begun to watch: a short script may end before who started it has
        come; but not for long.
        """
        self._service.was_watched.wait(_WATCHER_SECONDS)

    def close(self) -> None:
        """Let everyone who is connected have the rest, and observe no more."""
        self.checkpoints.close()
        self.post_mortem.stop()
        self._service.close()
        uninstall()
        self.journal.close()

    def _is_watched(self) -> bool:
        """Whether somebody is there to look at a pause, or comes."""
        if not self._service.is_met():
            self.await_watcher()
        return self._service.is_met()

    def _record(self, records: Sequence[Record]) -> None:
        """Keep what capture saw, and the run's status: what is told of a run that is killed counts
        the steps of all its points.
        """
        self.examining.see(records)
        kinds = set(map(type, records))
        if not kinds & {MetricBatch, FunctionTotals}:
            self.journal.append(records)
            return
        status = self._tell_status(records)
        if status.device and FunctionTotals in kinds:
            self._describing.see_devices()

    def _on_state(self) -> None:
        self.questions.answer_rest()
        if self.gate.state is RunState.PAUSED:
            # Who looks at a paused run sees everything up to here.
            self.capture.tell_keeping()
            self.capture.flush()
        self._tell_status()

    def _tell_status(self, records: Sequence[Record] = ()) -> RunStatus:
        """Keep `records`, and the status that goes with them, which is returned."""
        with self._status_order:
            status = self._status()
            self.journal.append([*records, status])
        return status

    def _status(self) -> RunStatus:
        observer = self.capture.observer
        state, held, elapsed = self.gate.now()
        leader = observer.step_function if observer is not None else None
        return RunStatus(
            state,
            observer.step if observer is not None else 0,
            leader.id if leader is not None else -1,
            observer.steps_per_second() if observer is not None else float("nan"),
            elapsed,
            observer.device if observer is not None else "",
            held.function if held is not None else -1,
            held.file if held is not None else "",
            held.line if held is not None else 0,
            self._exit_code,
            _halt(held) if held is not None else None,
        )

    def _handle(self, request: Record, answer: Answer) -> None:
        """Answer what can be answered in the connection's thread; leave the rest to the gate."""
        if isinstance(request, Control):
            answer(self._obey(request))
        elif isinstance(request, (SetStops, KeepCalls)):
            answer(stopping.answer(self.capture, request))
        elif isinstance(request, WatchDynamics):
            self.capture.watch_dynamics(request)
            answer(Done())
        elif isinstance(request, SavePlan):
            answer(self.checkpoints.follow(request))
        elif isinstance(request, TypeInput):
            answer(self._host.take_input(request.text))
        elif self.questions.can_wait_for(request):
            self.gate.post(lambda call: self.questions.settle(request, answer, call))
        elif self.questions.can_be_seen_in_passing(request):
            self.questions.answer_in_passing(request, answer)
        else:
            answer(cards.pause_first())

    def _obey(self, control: Control) -> Record:
        if control.command is GateCommand.STOP:
            return self._host.stop()
        try:
            self.gate.command(control.command, control.call, is_onward=control.is_onward)
        except CallPassedError as error:
            return cards.error(
                "call-passed", f"Call {control.call:,} was made already", str(error),
                "Run the script again, and choose the call before it starts.",
            ).card  # fmt: skip
        return Done()

    def _on_left_alone(self, on_purpose: bool) -> None:
        """Hold a run for nobody, unless it was left so for a window that attaches."""
        if self._is_captured or not on_purpose:
            stopping.let_go(self.capture)
        self._host.on_left_alone(on_purpose)

    def _forget(self) -> None:
        """In a child after a fork: everything here belongs to the parent."""
        self._service.forget()
        self.journal.forget()


class Questions:
    """Requests that need the script's own objects, answered in its thread between two calls."""

    def __init__(self, gate: Gate, capture: Capture, root: str) -> None:
        self.is_over = False  # the script has ended, and this process waits for questions only
        self.may_leave = False
        self._gate = gate
        self._capture = capture
        self._root = root
        self._frames: FrameAnswers | None = None
        self._answers: Answers | None = None
        self._in_passing: deque[tuple[Record, Answer]] = deque()

    def can_wait_for(self, request: Record) -> bool:
        """Whether `request` will be answered without the user having to do something."""
        drawing = request.drawing if isinstance(request, Lower) else request
        if self.is_over or self._gate.held is not None:
            return True
        if isinstance(drawing, (DrawFunction, AskExecutable)):
            return True
        return self._answers is not None and self._answers.is_about_what_lasts(request)

    def can_be_seen_in_passing(self, request: Record) -> bool:
        """Whether the next call of the step function has what `request` asks for."""
        is_known = self._gate.step_function() >= 0
        return is_known and isinstance(request, OpenModel) and request.frame < 0

    def answer_in_passing(self, request: Record, answer: Answer) -> None:
        """Answer `request` at the next call of the step function, or when the script waits."""
        self._in_passing.append((request, answer))
        self._gate.visit_at(0, self._settle_waiting)

    def answer_rest(self) -> None:
        """Answer where the script waits, or after its end, what waited for a call."""
        if self._in_passing and (self.is_over or self._gate.held is not None):
            self._gate.post(self._settle_waiting)

    def _settle_waiting(self, call: Held | None) -> None:
        while self._in_passing:
            request, answer = self._in_passing.popleft()
            self.settle(request, answer, call)

    def leave(self, call: Held | None) -> None:
        """End the process after the jobs before this one."""
        self.may_leave = True

    def settle(self, request: Record, answer: Answer, call: Held | None) -> None:
        """Answer `request`, unless nobody waits for it any more."""
        if not answer.is_cancelled():
            with cancelling.working(answer.is_cancelled):
                answer(self.answer(request, call, answer.asker))

    def answer(self, request: Record, call: Held | None, asker: object) -> Record:
        """Return the answer to `request` while `call` waits, or after the end of the script."""
        observer = self._capture.observer
        if self._frames is None:
            self._frames = FrameAnswers(self._gate, self._root)
            self._gate.resumed = self._frames.let_go
        if observer is None:
            return self._answer_without_jax(self._frames, request, call)
        if self._answers is None:
            # Only now: it imports JAX, and the script has done that.
            from eqxviz.worker.at_gate import Answers

            self._answers = Answers(observer, self._root, self._frames)
            self._gate.resumed = self._answers.let_go
        with observer.muted():
            return self._answers.answer(request, call, asker)

    def _answer_without_jax(
        self, frames: FrameAnswers, request: Record, call: Held | None
    ) -> Record:
        """Return the answer to what is asked about a script that has not imported JAX."""
        if isinstance(request, FrameRequest):
            return cards.answered(request, lambda: frames.answer(request, call))
        return cards.error(
            "no-jax", "The script has not imported JAX",
            "Its stack, variables and console are there; arrays and models come with JAX.",
            "Ask again when it has imported JAX.",
        ).card  # fmt: skip


def _halt(held: Held) -> Halt:
    return Halt(
        held.kind,
        held.thread,
        held.stop,
        held.why,
        held.call,
        held.kind is HaltKind.RETURN,
        held.said,
        held.stop_kind,
        held.callback,
    )


def _make_store(meeting: Meeting) -> RunStore:
    try:
        meeting.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{meeting.folder} cannot be made: {error}") from error
    return RunStore.create(meeting.folder, meeting.script, meeting.argv, sys.executable)
