"""Asking what XLA says of the programs that a run has compiled: their memory and FLOPs."""

from psygnal import Signal

from eqxviz.records import AskExecutable, Record
from eqxviz.session.running import RunPart


class Executables:
    """Asks the run's process about one compilation at a time; of several the latest wins.

    By itself it asks about the latest of each function of the user's: while the script runs, one
    at each word of its calls, so that a loop that always compiles is not asked at every step. What
    JAX forgets later is known then. The answers are kept in the ledger of the run.

    Signals:
        answered: There is an answer about a compilation, by its id.
    """

    answered = Signal(int)

    def __init__(self, session: RunPart) -> None:
        self._session = session
        self._asked: AskExecutable | None = None
        self._wanted: AskExecutable | None = None
        session.functions_changed.connect(self._follow)
        session.run_changed.connect(self._follow)

    def ask(self, event: int) -> None:
        """Ask about a compilation of the run, unless its answer is known."""
        run = self._session.run
        if run is None or event in run.ledger.executables:
            return
        self._wanted = AskExecutable(event)
        if self._asked is None:
            self._ask_next()

    def is_asked(self, event: int) -> bool:
        """Whether an answer about a compilation is awaited."""
        asked = (self._asked, self._wanted)
        return any(request is not None and request.event == event for request in asked)

    def _follow(self) -> None:
        """Ask about a compilation that nobody has asked about, if nothing else is asked."""
        run = self._session.run
        event = run.ledger.unasked() if run is not None and self._asked is None else None
        if event is not None:
            self.ask(event)

    def _ask_next(self) -> None:
        request, run = self._wanted, self._session.run
        self._asked = self._wanted = None
        if request is None or run is None:
            return

        def answer(record: Record) -> None:
            if self._asked is request:
                self._asked = None
            run.ledger.add_answer(request.event, record)
            self.answered.emit(request.event)
            if self._asked is None:
                self._ask_next()
            if run.is_still:  # there is no more word to wait for
                self._follow()

        if self._session.ask_run(request, answer):
            self._asked = request
