"""Who answers questions about an open model, and what was answered so far."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from eqxviz.records import Record

_MOST = 2000  # answers; the oldest go first


class Answerer(Protocol):
    """What holds a model: a worker, or a file of what was asked about it before."""

    alive: bool

    @property
    def folder(self) -> Path:
        """Where it is met."""
        ...

    def ask(self, request: "Record", answered: "Callable[[Record], None]") -> int:
        """Send `request`; `answered` is called later with its answer, or with a Problem."""
        ...

    def cancel(self, request_id: int) -> None:
        """Await the answer of a request no longer."""
        ...

    def kill(self) -> None:
        """End what it is doing now."""
        ...

    def abort(self) -> None:
        """End what it is doing soon, and have it say where it was."""
        ...


class Answers:
    """Questions about one model and their answers, by question; the latest are kept."""

    def __init__(self) -> None:
        self._by_question: OrderedDict[bytes, tuple[Record, Record]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_question)

    def __iter__(self) -> "Iterator[tuple[Record, Record]]":
        return iter(self._by_question.values())

    def add(self, question: "Record", answer: "Record") -> None:
        """Keep an answer, unless it says that there is none."""
        from eqxviz.records import Problem, Progress

        if isinstance(answer, (Problem, Progress)):
            return
        key = _key(question)
        self._by_question[key] = question, answer
        self._by_question.move_to_end(key)
        if len(self) > _MOST:
            self._by_question.popitem(last=False)

    def to(self, question: "Record") -> "Record | None":
        """Return the answer to a question that was asked before, None for any other."""
        found = self._by_question.get(_key(question))
        return found[1] if found is not None else None

    def clear(self) -> None:
        """Forget them all: they belong to a model that is gone."""
        self._by_question.clear()


def _key(question: "Record") -> bytes:
    from eqxviz.records.codec import encode

    return b"".join(bytes(part) for part in encode(question))
