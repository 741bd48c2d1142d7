"""A model that was kept in a file: it answers what was asked before, and no user code is run."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from eqxviz.records import (
    CodecError,
    OpenModel,
    Problem,
    ReadValue,
    Record,
    Severity,
    ValueSummary,
)
from eqxviz.session.answering import Answers
from eqxviz.store.model_file import KeptFile, read_model

if TYPE_CHECKING:
    from eqxviz.session.problems import Post

_Found = KeptFile | Problem
_InBackground = Callable[[Callable[[], _Found], Callable[[_Found], None]], None]


class KeptModel:
    """Answers in the place of a worker. The file is read `in_background`, at the first question."""

    def __init__(self, path: str, post: "Post", in_background: _InBackground) -> None:
        self.alive = True
        self.folder = Path(path).parent
        self._path = Path(path)
        self._post = post
        self._in_background = in_background
        self._ids = itertools.count(1)
        self._awaited: dict[int, Callable[[Record], None]] = {}
        self._answers = Answers()

    def ask(self, request: Record, answered: Callable[[Record], None]) -> int:
        """Answer `request` from the file, later; what is not in it is answered with a Problem."""
        number = next(self._ids)
        self._awaited[number] = answered
        if isinstance(request, OpenModel):
            self._in_background(
                lambda: read_or_problem(self._path), lambda found: self._on_read(number, found)
            )
        else:
            found = self._answers.to(request) or _not_kept(self._path, len(self._answers))
            self._post(lambda: self._give(number, found))
        return number

    def summaries(self) -> dict[int, ValueSummary]:
        """Return what the file says of the values of arrays, by node."""
        return {
            question.node: answer
            for question, answer in self._answers
            if isinstance(question, ReadValue) and isinstance(answer, ValueSummary)
        }

    def cancel(self, request_id: int) -> None:
        """Await the answer of a request no longer."""
        self._awaited.pop(request_id, None)

    def kill(self) -> None:
        """Await nothing any more; there is no process to end."""
        self._awaited.clear()

    abort = kill

    def _on_read(self, number: int, found: _Found) -> None:
        if isinstance(found, KeptFile):
            for question, answer in found.answers:
                self._answers.add(question, answer)
            # What else was in the file of its code cannot be opened from here.
            model = found.model
            self._give(number, replace(model, targets=(model.target,)))
        else:
            self._give(number, found)

    def _give(self, number: int, answer: Record) -> None:
        answered = self._awaited.pop(number, None)
        if answered is not None:
            answered(answer)


def read_or_problem(path: Path) -> KeptFile | Problem:
    """Return what the file holds, or why it cannot be read."""
    try:
        return read_model(path)
    except CodecError as error:
        why, fix = str(error), "Ask for the file again, or export it again."
    except OSError as error:
        why, fix = error.strerror or str(error), "Check the path, and who may read it."
    return Problem(
        "unreadable-records",
        Severity.ERROR,
        f"{path.name} cannot be opened",
        f"{why[:1].upper()}{why[1:]}.",
        fix,
        str(path),
    )


def _not_kept(path: Path, n_answers: int) -> Problem:
    return Problem(
        "not-kept",
        Severity.NOTE,
        "This was not kept in the file",
        f"{path.name} holds the tree and {n_answers} answers about it: what was looked at before "
        "it was written. The values themselves are not in it.",
        "Open the model itself to see more.",
        str(path),
    )
