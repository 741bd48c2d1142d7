"""The worker that runs a script under capture, and answers about it until it is asked no more."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from eqxviz.capturing import Gate
from eqxviz.capturing.interrupts import raise_lost_interrupts
from eqxviz.records import Done, Examine, GateCommand, Problem, Record, RunState
from eqxviz.worker import cards
from eqxviz.worker.descriptors import Descriptors
from eqxviz.worker.diagnosing import with_diagnosis
from eqxviz.worker.examining import CardExit
from eqxviz.worker.heir import Heir
from eqxviz.worker.namesakes import tell_apart
from eqxviz.worker.observed import Meeting, Observed
from eqxviz.worker.output import OutputFile
from eqxviz.worker.script import NoModuleError, Outcome, run_script
from eqxviz.worker.terminal import Terminal

# So long a stop waits for the next jitted call before it interrupts whatever else is going on.
_STOP_AT_GATE_SECONDS = 0.3
# So long Python is left to come to its end once nobody asks: what the script left open is closed.
_END_SECONDS = 60
_RESERVE_BYTES = 16 << 20


@dataclass(frozen=True)
class RunCommand:
    """What is to be run."""

    meeting: Meeting
    hold: bool
    script: str  # as it was given: the path that the script finds in `sys.argv[0]`
    is_module: bool  # it is the name of a module
    # Of `engine.process.Streams`: it reads and writes what this process was given; empty: it is
    # given a terminal of ours.
    bequest: tuple[int, ...]
    wishes: tuple[Record, ...] = ()  # requests that are obeyed before the script starts


def run(command: RunCommand) -> int:
    """Run the script to its end and answer until nobody asks; return the script's exit code."""
    return _Run(command).work()


class _Run:
    def __init__(self, command: RunCommand) -> None:
        self._command = command
        self._file = command.meeting.script
        # What lies beside the script is the user's; a module is found from where it is started.
        self._root = str(Path.cwd() if command.is_module else Path(self._file).resolve().parent)
        self._gate = Gate(command.hold)
        self._terminal = Terminal()
        # To tell of the end with, where the script has used up all memory. No page of it is touched
        # before, so that it costs nothing.
        self._reserve = bytearray(_RESERVE_BYTES)
        self._observed = Observed(command.meeting, self._gate, self._root, self)
        self._questions = self._observed.questions
        folder = command.meeting.folder
        output, bequest = folder / "output.txt", command.bequest
        journal = self._observed.journal
        self._output = OutputFile(output, lambda problem: journal.append([problem]))
        self._heir = Heir(bequest, output) if bequest else None
        self._descriptors = Descriptors(self._own_descriptors, folder)

    def work(self) -> int:
        """Run the script, then answer questions about it."""
        command, questions = self._command, self._questions
        if not command.bequest:
            self._terminal.open()
        elif signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
            signal.signal(signal.SIGHUP, self._on_hangup)
        if self._heir is not None:
            self._heir.start()
        self._output.start()
        self._observed.start()
        for wish in command.wishes:
            if isinstance(wish, Examine):
                capture = self._observed.capture
                self._observed.examining.begin(wish, capture, self.stop, self._on_exit)
            else:
                self._observed.grant(wish)
        self._descriptors.hold()
        raise_lost_interrupts()
        if not sys.flags.safe_path:
            is_folder = not command.is_module and Path(self._file).is_dir()
            tell_apart(self._file if is_folder else self._root)
        self._observed.post_mortem.watch_threads()
        outcome = run_script(
            command.script,
            command.meeting.argv,
            is_module=command.is_module,
            uncaught=self._on_uncaught,
            instead=self._observed.examining.opening(self._file),
        )
        self._descriptors.release()
        # A stop that comes too late is not to interrupt the answers.
        interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._reserve.clear()
        # Python has what is left of the script come to its end, such as files that it left open.
        signal.signal(signal.SIGTERM, self._on_dismissed)
        self._end(outcome)
        # In a terminal it ends as the script does: nobody is there to ask.
        while not (command.bequest or questions.may_leave):
            self._gate.take_job()(None)
        if command.bequest:
            self._observed.await_watcher()
        self._observed.close()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, interrupted or signal.SIG_DFL)
        if signal.getsignal(signal.SIGHUP) == self._on_hangup:
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
        return outcome.exit_code

    def _on_uncaught(self, error: BaseException) -> None:
        self._observed.examining.meet(error)
        self._observed.post_mortem.meet(error, lambda: self._cards(error))

    def _on_exit(self, exit_code: int, frame: FrameType) -> None:
        """The script leaves by `os._exit`, and what was seen of it is not to be lost."""
        error = None
        if exit_code:
            title = f"{Path(self._file).name} left with exit code {exit_code}"
            why = f"It called os._exit({exit_code})."
            fix = "What it printed before says why."
            at = frame.f_code.co_filename, frame.f_lineno
            error = CardExit(cards.error("script-exited", title, why, fix, *at).card)
        self._end(Outcome(exit_code, error))
        self._observed.close()

    def _end(self, outcome: Outcome) -> None:
        if self._gate.stop_wanted or isinstance(outcome.error, KeyboardInterrupt):
            state = RunState.STOPPED
        else:
            state = RunState.FAILED if outcome.exit_code else RunState.FINISHED
        self._observed.capture.end_watch()  # to make the card imports JAX
        # Before the end is told: whoever hears of it may ask at once.
        self._questions.is_over = True
        error = outcome.error if state is RunState.FAILED else None
        if error is not None and self._observed.post_mortem.has_told(error):
            error = None
        self._observed.end(state, outcome.exit_code, () if error is None else self._cards(error))

    def _cards(self, error: BaseException) -> Iterator[Problem]:
        return with_diagnosis(self._card(error), error, self._root)

    def _card(self, error: BaseException) -> Problem:
        file = str(Path(self._file).resolve())
        if isinstance(error, NoModuleError):
            return cards.no_module(error, self._command.script, self._root).card
        if isinstance(error, CardExit):
            return error.card
        if isinstance(error, SystemExit):
            return cards.left(error, file).card
        return cards.raised(
            error, "script-raised", f"The script raised {type(error).__name__}", file
        ).card

    def stop(self) -> Record:
        """Interrupt the script: at its next call, or soon wherever it is."""
        self._gate.command(GateCommand.STOP)
        timer = threading.Timer(_STOP_AT_GATE_SECONDS, self._interrupt)
        timer.name, timer.daemon = "eqxviz-stop", True
        timer.start()
        return Done()

    def _on_dismissed(self, _number: int, _frame: FrameType | None) -> None:
        """Nobody will ask any more, nor wait for its end."""
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(_END_SECONDS)
        # In a thread of its own: this one may be about to wait for it, and would not be woken.
        _thread.start_new_thread(self._gate.post, (self._questions.leave,))

    def _on_hangup(self, _number: int, _frame: FrameType | None) -> None:
        """Its terminal is gone: the script ends, and nothing that was seen is lost."""
        self.stop()

    def take_input(self, text: str) -> Record:
        """Type on the terminal that the script reads."""
        if self._command.bequest:
            return cards.own_input(self._file, "It was started without a window.")
        if self._terminal.descriptor < 0:
            return cards.no_terminal()
        return Done() if self._terminal.type(text) else cards.not_reading()

    def on_left_alone(self, on_purpose: bool) -> None:
        """Let a call that is held go on, unless it was left so for a window that attaches; a
        script that is over can be read on disk.
        """
        if self._questions.is_over:
            self._gate.post(self._questions.leave)
        elif not on_purpose:
            self._gate.command(GateCommand.CONTINUE)

    def _own_descriptors(self) -> tuple[int, ...]:
        inherited = self._heir.descriptors() if self._heir is not None else ()
        return *self._observed.descriptors(), self._terminal.descriptor, *inherited

    def on_abandoned(self) -> None:
        """Leave, if the script is over: nobody has a question."""
        if self._questions.is_over:
            self._gate.post(self._questions.leave)

    def _interrupt(self) -> None:
        """Interrupt the script where it is: it makes no jitted calls, or they take long."""
        if self._gate.state is RunState.STOPPING and self._gate.take_stop():
            main = threading.main_thread().ident
            assert main is not None
            signal.pthread_kill(main, signal.SIGINT)
