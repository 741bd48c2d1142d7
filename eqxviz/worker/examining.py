"""The doctor at work in the process of a run: it looks on, has the script stopped, and judges."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, NoReturn

from eqxviz.capturing import Capture, Gate
from eqxviz.capturing.imports import ImportWatch
from eqxviz.doctor.faults import not_seen
from eqxviz.records import CAPTURE_FAILED, Examine, Examined, Problem, Record
from eqxviz.worker.script import QuietStop

if TYPE_CHECKING:
    from eqxviz.doctor.examination import Examination
    from eqxviz.worker.loading import Candidate

# So long a script that was told to stop may tidy up before it is judged as it is.
_PATIENCE_SECONDS = 5.0
_LIBRARIES = ("eqxcore", "equinox", "optax")


class CardExit(SystemExit):
    """Ends a script of which there is a card already: what is to be examined cannot be made."""

    def __init__(self, card: Problem) -> None:
        super().__init__(1)
        self.card = card


class Examining:
    """Examines a script, if that was asked for; `tell` takes what is found.

    JAX is not imported before the script does so.
    """

    def __init__(self, gate: Gate, root: str, tell: Callable[[Sequence[Record]], None]) -> None:
        self._gate = gate
        self._root = root
        self._tell = tell
        self._request: Examine | None = None
        self._capture: Capture | None = None
        self._examination: Examination | None = None
        self._imports: ImportWatch | None = None
        self._stop: Callable[[], object] = lambda: None
        self._failures: list[Problem] = []  # at looking on
        self._is_stopping = False
        self._is_told = False
        self._order = threading.Lock()
        self._exit = os._exit

    def begin(
        self,
        request: Examine,
        capture: Capture,
        stop: Callable[[], object],
        leave: Callable[[int, FrameType], None],
    ) -> None:
        """Look on from now on. To be called in the script's thread, before the script starts.

        `stop` has the script stopped at its next call. `leave` is told of an `os._exit`
        and of the frame that calls it.
        """
        self._request, self._capture, self._stop = request, capture, stop
        actions = {"jax": self._on_jax} | dict.fromkeys(_LIBRARIES, self._on_library)
        self._imports = ImportWatch(actions, self._on_failure)
        self._imports.start()
        pid = os.getpid()

        def exit_told(status: int) -> NoReturn:
            if os.getpid() == pid:
                leave(status, sys._getframe(1))
            self._exit(status)

        os._exit = exit_told

    def opening(self, file: str) -> Callable[[], None] | None:
        """Return what is done in place of running the script; None where that is to be run."""
        request = self._request
        return None if request is None or not request.name else lambda: self._open(file)

    def see(self, records: Sequence[Record]) -> None:
        """See what the capture tells."""
        if self._examination is None:
            return
        self._examination.see(records)
        if any(isinstance(each, Problem) and each.code == CAPTURE_FAILED for each in records):
            self._begin_to_stop()  # else it may go on for ever: enough may never be seen

    def meet(self, error: BaseException) -> None:
        """See what the script raised and did not catch."""
        if self._examination is None or not isinstance(error, Exception):
            return
        try:
            self._examination.meet(error)
        except Exception as failed:  # noqa: BLE001 - the script's own error is told in any case
            self._on_failure(failed)

    def finish(self, *, is_over: bool = True) -> None:
        """Judge what was seen, and tell of it, once."""
        if self._request is None:
            return
        with self._order:
            if self._is_told:
                return
            if is_over:
                self._look_last()
            found = self._examined(is_over)
            self._is_told = True
            self._tell([found])

    def _examined(self, is_over: bool) -> Examined:
        exam = self._examination
        observer = self._capture.observer if self._capture is not None else None
        if exam is None or observer is None:
            return Examined(tuple(self._failures), 0, 0, 0, 0, 0, is_over)
        from eqxviz.doctor.rules import RULES

        evidence = exam.evidence
        with observer.muted():
            problems = (*exam.problems(), *self._failures)
        functions, leader = evidence.functions.values(), observer.step_function
        step = evidence.functions.get(leader.id) if leader is not None else None
        return Examined(
            problems,
            len(RULES),
            len(functions),
            sum(function.n_calls for function in functions),
            step.n_calls if step is not None else 0,
            len(evidence.trees),
            is_over,
        )

    def _look_last(self) -> None:
        """Look at what the script has left, and no more after that."""
        os._exit = self._exit
        exam, observer = self._examination, self._capture.observer if self._capture else None
        if exam is not None and observer is not None and not exam.evidence.functions:
            with observer.muted():
                self._see_main(exam)
        if self._imports is not None:
            self._imports.stop()
        # What watches a thread is taken away in that thread.
        if threading.current_thread() is threading.main_thread() and exam is not None:
            exam.stop()

    def _on_jax(self, jax: ModuleType) -> None:
        # Only now: it imports JAX.
        from eqxviz.doctor.examination import Examination

        request, capture = self._request, self._capture
        assert request is not None
        assert capture is not None
        exam = Examination(capture, self._root, self._on_enough, request.n_steps)
        exam.start(watches_imports=False)
        self._examination = exam
        exam.on_import["jax"](jax)

    def _on_library(self, library: ModuleType) -> None:
        if self._examination is not None:
            self._examination.on_import[library.__name__](library)

    def _on_enough(self) -> None:
        """Stop the script: in a thread that is about to make a call, at each such call."""
        self._begin_to_stop()
        if threading.current_thread() is not threading.main_thread():
            raise SystemExit  # a thread ends in silence by it
        if self._gate.take_stop():
            raise QuietStop("stopped by eqxviz: enough was seen")

    def _begin_to_stop(self) -> None:
        if not self._is_stopping:
            self._is_stopping = True
            self._stop()
            timer = threading.Timer(_PATIENCE_SECONDS, lambda: self.finish(is_over=False))
            timer.name, timer.daemon = "eqxviz-examine", True
            timer.start()

    def _open(self, file: str) -> None:
        """Make what was asked for by name, as a file is opened, and look at it."""
        from eqxviz.worker import cards, making
        from eqxviz.worker.importing import refuse_bad_syntax
        from eqxviz.worker.loading import UserFile

        assert self._request is not None
        try:
            refuse_bad_syntax(file)
            chosen = UserFile(file).find(self._request.name)
            value, _notes = making.made(chosen.make, chosen.target.name, file, "", False)
        except cards.CardError as refused:
            if refused.__cause__ is not None:
                self.meet(refused.__cause__)
            raise CardExit(refused.card) from refused
        if self._examination is not None:
            self._examination.see_model(value, _name_of(chosen), (file, chosen.target.line))

    def _see_main(self, exam: Examination) -> None:
        """Look at the model of a script that called nothing jitted: one that it has, or defines."""
        from eqxviz.worker.cards import CardError
        from eqxviz.worker.loading import UserFile

        assert self._request is not None
        main = sys.modules["__main__"]
        file = str(getattr(main, "__file__", None) or "")
        if not file.endswith(".py") or exam.evidence.trees or exam.evidence.error is not None:
            return
        try:
            chosen = UserFile(file, module=main).find(self._request.model)
            # What it did not call itself is called only where it does nothing else.
            if chosen.is_made and exam.evidence.operations:
                return
            value = chosen.make()
        except CardError:
            return
        except Exception as error:  # noqa: BLE001 - the user's code, which may raise anything
            exam.meet(error)
            return
        exam.see_model(value, _name_of(chosen), (file, chosen.target.line))

    def _on_failure(self, error: Exception) -> None:
        self._failures.append(not_seen(error))
        if self._examination is None:
            self._begin_to_stop()


def _name_of(chosen: Candidate) -> str:
    """Return what a problem calls a model: its own name, or that of what `make_model()` returns."""
    return "model" if chosen.is_made else chosen.target.name
