"""The worker that runs a script under capture, and answers about it until it is asked no more."""

from __future__ import annotations

import signal
import threading
from dataclasses import dataclass
from pathlib import Path

from eqxviz.capture import Gate
from eqxviz.records import Control, Done, GateCommand, Problem, Record, RunState
from eqxviz.worker import cards
from eqxviz.worker.observed import Meeting, Observed
from eqxviz.worker.script import Outcome, run_script
from eqxviz.worker.terminal import Terminal

# So long a stop waits for the next jitted call before it interrupts whatever else is going on.
_STOP_AT_GATE_SECONDS = 0.3


@dataclass(frozen=True)
class RunCommand:
    """What is to be run."""

    meeting: Meeting
    hold: bool


def run(command: RunCommand) -> int:
    """Run the script to its end and answer until nobody asks; return the script's exit code."""
    return _Run(command).work()


class _Run:
    def __init__(self, command: RunCommand) -> None:
        self._script, self._argv = command.meeting.script, command.meeting.argv
        root = str(Path(self._script).resolve().parent)
        self._gate = Gate(command.hold)
        self._terminal = Terminal()
        self._observed = Observed(command.meeting, self._gate, root, self)
        self._questions = self._observed.questions

    def work(self) -> int:
        """Run the script, then answer questions about it."""
        # A shell has what it starts in the background ignore interrupts; a stop is one.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._terminal.open()
        self._observed.start()
        outcome = run_script(self._script, self._argv)
        # A stop that comes too late is not to interrupt the answers.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._end(outcome)
        self._questions.is_over = True
        while not self._questions.may_leave:
            self._gate.take_job()(None)
        self._observed.close()
        return outcome.exit_code

    def _end(self, outcome: Outcome) -> None:
        if self._gate.stop_wanted or isinstance(outcome.error, KeyboardInterrupt):
            state = RunState.STOPPED
        else:
            state = RunState.FAILED if outcome.exit_code else RunState.FINISHED
        error = outcome.error if state is RunState.FAILED else None
        self._observed.end(state, outcome.exit_code, None if error is None else self._card(error))

    def _card(self, error: BaseException) -> Problem:
        title = f"The script raised {type(error).__name__}"
        return cards.raised(error, "script-raised", title, str(Path(self._script).resolve())).card

    def obey(self, control: Control) -> Record:
        """Carry out what a window wants of the run."""
        self._gate.command(control.command)
        if control.command is GateCommand.STOP:
            timer = threading.Timer(_STOP_AT_GATE_SECONDS, self._interrupt)
            timer.daemon = True
            timer.start()
        return Done()

    def type(self, text: str) -> Record:
        """Type on the terminal that the script reads."""
        return Done() if self._terminal.type(text) else cards.not_reading()

    def on_abandoned(self) -> None:
        """Leave, if the script is over: nobody has a question."""
        if self._questions.is_over:
            self._gate.post(self._questions.leave)

    def _interrupt(self) -> None:
        """Interrupt the script where it is: it makes no jitted calls, or they take long."""
        if self._gate.state is RunState.STOPPING and not self._gate.was_stopped:
            main = threading.main_thread().ident
            assert main is not None
            signal.pthread_kill(main, signal.SIGINT)
