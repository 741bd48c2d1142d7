"""Questions about the kept call, asked one after the other: its process works at one at a time."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eqxviz.records import Progress, Record

if TYPE_CHECKING:
    from eqxviz.session.selecting import SelectionPart


@dataclass(eq=False)
class _Question:
    request: Record
    answered: Callable[[Record], None]
    progressed: Callable[[Progress], None]


class ReplayQueue:
    """Asks the run's process what takes long, the next thing when the one before was answered."""

    def __init__(self, session: "SelectionPart") -> None:
        self._session = session
        self._waiting: deque[_Question] = deque()
        self._asked: _Question | None = None
        self._give_up: Callable[[], None] | None = None

    def ask(
        self,
        request: Record,
        answered: Callable[[Record], None],
        progressed: Callable[[Progress], None],
    ) -> Callable[[], None] | None:
        """Ask when it is its turn; calling what is returned gives it up.

        None: there is no process to ask.
        """
        if self._session.run_holder is None:
            return None
        question = _Question(request, answered, progressed)
        self._waiting.append(question)
        self._go_on()
        return lambda: self._drop(question)

    def clear(self) -> None:
        """Give up all: there is another run."""
        self._waiting.clear()
        if self._give_up is not None:
            self._give_up()
        self._asked = self._give_up = None

    def _go_on(self) -> None:
        if self._asked is not None or not self._waiting:
            return
        question = self._asked = self._waiting.popleft()

        def answered(answer: Record) -> None:
            self._asked = self._give_up = None
            question.answered(answer)
            self._go_on()

        request, progressed = question.request, question.progressed
        self._give_up = self._session.ask_run_through(request, answered, progressed)
        if self._give_up is None:  # its process has ended meanwhile: nothing is answered any more
            self._asked = None
            self._waiting.clear()

    def _drop(self, question: _Question) -> None:
        if question in self._waiting:
            self._waiting.remove(question)
        elif question is self._asked:
            if self._give_up is not None:
                self._give_up()
            self._asked = self._give_up = None
            self._go_on()
