"""The worker that runs a script under capture, and answers about it until it is asked no more."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eqxviz import capture
from eqxviz.capture import CallAtGate, Capture, Gate
from eqxviz.records import (
    AskExecutable,
    Control,
    Done,
    DrawFunction,
    FunctionTotals,
    GateCommand,
    Lower,
    Problem,
    Record,
    RunState,
    RunStatus,
    Severity,
    TypeInput,
    Welcome,
)
from eqxviz.store import RunStore, StoreError
from eqxviz.worker import cancelling, cards
from eqxviz.worker.describing import Describing
from eqxviz.worker.journal import Journal
from eqxviz.worker.script import Outcome, run_script
from eqxviz.worker.service import Answer, Service
from eqxviz.worker.terminal import Terminal

if TYPE_CHECKING:
    from eqxviz.worker.at_gate import Answers

# So long a stop waits for the next jitted call before it interrupts whatever else is going on.
_STOP_AT_GATE_SECONDS = 0.3


@dataclass(frozen=True)
class RunCommand:
    """What is to be run."""

    socket: Path
    token: str
    folder: Path
    hold: bool
    script: str
    argv: tuple[str, ...]


def run(command: RunCommand) -> int:
    """Run the script to its end and answer until nobody asks; return the script's exit code."""
    return _Run(command).work()


class _Run:
    def __init__(self, command: RunCommand) -> None:
        self._command = command
        self._root = str(Path(command.script).resolve().parent)
        self._gate = Gate(command.hold)
        self._terminal = Terminal()
        self._exit_code = -1
        store, problem = _make_store(command)
        self._journal = Journal(command.folder, store)
        self._describing = Describing(command.script, command.argv, self._journal.append)
        self._capture: Capture = capture.install(self._record, self._gate, self._root)
        self._questions = _Questions(self._gate, self._capture, self._root)
        welcome = Welcome(os.getpid(), sys.executable, str(command.folder), command.script)
        self._service = Service(
            command.socket, command.token, welcome, self._handle, self._on_abandoned, self._journal
        )
        os.register_at_fork(after_in_child=self._forget)
        self._gate.changed = self._on_state
        if problem is not None:
            self._journal.append([problem])

    def work(self) -> int:
        """Run the script, then answer questions about it."""
        # A shell has what it starts in the background ignore interrupts; a stop is one.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._terminal.open()
        self._service.start()
        self._gate.start()
        self._describing.start()
        outcome = run_script(self._command.script, self._command.argv)
        # A stop that comes too late is not to interrupt the answers.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._end(outcome)
        self._questions.is_over = True
        while not self._questions.may_leave:
            self._gate.take_job()(None)
        self._service.close()
        capture.uninstall()
        self._journal.close()
        return outcome.exit_code

    def _end(self, outcome: Outcome) -> None:
        self._capture.end_watch()
        self._capture.flush()
        if self._gate.stop_wanted or isinstance(outcome.error, KeyboardInterrupt):
            state = RunState.STOPPED
        else:
            state = RunState.FAILED if outcome.exit_code else RunState.FINISHED
        self._exit_code = outcome.exit_code
        self._describing.renew()
        if outcome.error is not None and state is RunState.FAILED:
            # Before the end: whoever waits for that knows the reason then.
            self._journal.append([self._card(outcome.error)])
        self._gate.end(state)

    def _card(self, error: BaseException) -> Problem:
        title = f"The script raised {type(error).__name__}"
        file = str(Path(self._command.script).resolve())
        return cards.raised(error, "script-raised", title, file).card

    def _record(self, records: Sequence[Record]) -> None:
        """Keep what capture saw; with the totals, a few times a second, goes the run's status."""
        if any(isinstance(record, FunctionTotals) for record in records):
            status = self._status()
            records = [*records, status]
            if status.device:
                self._describing.see_devices()
        self._journal.append(records)

    def _on_state(self) -> None:
        if self._gate.state is RunState.PAUSED:
            # Who looks at a paused run sees everything up to here.
            self._capture.flush()
        self._journal.append([self._status()])

    def _status(self) -> RunStatus:
        observer, call = self._capture.observer, self._gate.call
        leader = observer.step_function if observer is not None else None
        return RunStatus(
            self._gate.state,
            observer.step if observer is not None else 0,
            leader.id if leader is not None else -1,
            observer.steps_per_second() if observer is not None else float("nan"),
            self._gate.elapsed(),
            observer.device if observer is not None else "",
            call.function if call is not None else -1,
            call.file if call is not None else "",
            call.line if call is not None else 0,
            self._exit_code,
        )

    def _handle(self, request: Record, answer: Answer) -> None:
        """Answer what can be answered in the connection's thread; leave the rest to the gate."""
        if isinstance(request, Control):
            self._obey(request.command)
            answer(Done())
        elif isinstance(request, TypeInput):
            answer(Done() if self._terminal.type(request.text) else cards.not_reading())
        elif self._questions.can_wait_for(request):
            self._gate.post(lambda call: self._questions.settle(request, answer, call))
        else:
            answer(cards.pause_first())

    def _obey(self, command: GateCommand) -> None:
        self._gate.command(command)
        if command is GateCommand.STOP:
            timer = threading.Timer(_STOP_AT_GATE_SECONDS, self._interrupt)
            timer.daemon = True
            timer.start()

    def _interrupt(self) -> None:
        """Interrupt the script where it is: it makes no jitted calls, or they take long."""
        if self._gate.state is RunState.STOPPING and not self._gate.was_stopped:
            main = threading.main_thread().ident
            assert main is not None
            signal.pthread_kill(main, signal.SIGINT)

    def _on_abandoned(self) -> None:
        if self._questions.is_over:
            self._gate.post(self._questions.leave)

    def _forget(self) -> None:
        """In a child after a fork: everything here belongs to the parent."""
        self._service.forget()
        self._journal.forget()


class _Questions:
    """Requests that need the script's own objects, answered in its thread between two calls."""

    def __init__(self, gate: Gate, capture: Capture, root: str) -> None:
        self.is_over = False  # the script has ended, and this process waits for questions only
        self.may_leave = False
        self._gate = gate
        self._capture = capture
        self._root = root
        self._answers: Answers | None = None

    def can_wait_for(self, request: Record) -> bool:
        """Whether `request` will be answered without the user having to do something."""
        drawing = request.drawing if isinstance(request, Lower) else request
        if self.is_over or self._gate.call is not None:
            return True
        if isinstance(drawing, (DrawFunction, AskExecutable)):
            return True
        return self._answers is not None and self._answers.is_about_snapshots(request)

    def leave(self, call: CallAtGate | None) -> None:
        """End the process after the jobs before this one."""
        self.may_leave = True

    def settle(self, request: Record, answer: Answer, call: CallAtGate | None) -> None:
        """Answer `request`, unless nobody waits for it any more."""
        if not answer.is_cancelled():
            with cancelling.working(answer.is_cancelled):
                answer(self.answer(request, call, answer.asker))

    def answer(self, request: Record, call: CallAtGate | None, asker: object) -> Record:
        """Return the answer to `request` while `call` waits, or after the end of the script."""
        observer = self._capture.observer
        if observer is None:
            return cards.error(
                "no-jax", "The script has not used JAX", "There is nothing to look into.",
                "Ask again when it has made a jitted call.",
            ).card  # fmt: skip
        if self._answers is None:
            # Only now: it imports JAX, and the script has done that.
            from eqxviz.worker.at_gate import Answers

            self._answers = Answers(observer, self._root)
            self._gate.resumed = self._answers.let_go
        with observer.muted():
            return self._answers.answer(request, call, asker)


def _make_store(command: RunCommand) -> tuple[RunStore | None, Problem | None]:
    try:
        command.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        store = RunStore.create(command.folder, command.script, command.argv, sys.executable)
    except (StoreError, OSError) as error:
        return None, Problem(
            "store-failed",
            Severity.WARNING,
            "The run is not being kept on disk",
            str(error),
            "The run goes on; its curves are kept in memory.",
        )
    return store, None
