"""A model behind a session without a process: it answers about values when it is told to."""

from collections.abc import Callable
from typing import Any

from eqxviz.analysis.tree import nodes_of
from eqxviz.records import Record
from eqxviz.session.session import Session
from eqxviz.worker.models import Opened
from eqxviz.worker.values import QUESTIONS
from tests.gui.shown import show_model


class ModelWorker:
    """Holds the PyTree `value` as revision 1, called "model"."""

    alive = True

    def __init__(self, value: Any) -> None:
        self.index = nodes_of(value, "model")
        self.tree = self.index.tree(1)
        self.unfinished: dict[Any, Any] = {}
        self.asked: list[Record] = []
        self.waiting: dict[int, tuple[Record, Callable[[Record], None]]] = {}
        self.cancelled: list[int] = []

    def hold_for(self, session: Session) -> None:
        """Let `session` show the model, and ask here about it."""
        show_model(session, self.tree)
        session._model_worker = self  # type: ignore[assignment]  # no process

    def opened(self, revision: int) -> Opened:
        assert revision == 1
        return Opened(1, self.index, "")

    def ask(self, request: Record, answered: Callable[[Record], None]) -> int:
        self.asked.append(request)
        self.waiting[len(self.asked)] = request, answered
        return len(self.asked)

    def cancel(self, request_id: int) -> None:
        self.cancelled.append(request_id)
        self.waiting.pop(request_id, None)

    def kill(self) -> None:
        pass

    def answer(self) -> None:
        """Answer the oldest question."""
        request, answered = self.waiting.pop(min(self.waiting))
        answered(QUESTIONS[type(request)](self, request))  # type: ignore[arg-type]  # as `Models`

    def answer_all(self) -> None:
        """Answer until nothing is asked any more."""
        while self.waiting:
            self.answer()
