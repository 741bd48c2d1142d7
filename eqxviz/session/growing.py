"""A tree that comes in parts, asked for and put together here."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eqxviz.records import OpenedModel, Problem, Record, TreeRows
    from eqxviz.session.answering import Answerer

# So many parts are on their way at a time: the worker never waits for the next request, and what
# else it is asked waits for so many parts.
_AHEAD = 2
# Views may take a frame for what they make of a larger tree.
_TELL_SECONDS = 0.1


class TreeStream:
    """Reads the rest of an incomplete tree. `model` is the model as far as it has been told.

    `grew` is called when `model` is another one: a few times a second, and when it is complete.
    `failed` is called instead when the rest cannot be read.
    """

    def __init__(
        self,
        worker: "Answerer",
        model: "OpenedModel",
        grew: Callable[[], None],
        failed: "Callable[[Problem], None]",
    ) -> None:
        from eqxviz.records import GrowingTree

        self.model = model
        self.is_over = False  # nothing more comes
        self._worker, self._grew, self._failed = worker, grew, failed
        self._tree = GrowingTree(model.tree)
        self._told = time.monotonic()
        self._requests: list[int] = []
        for _ in range(_AHEAD):
            self._ask()

    def stop(self) -> None:
        """Read no more."""
        self.is_over = True
        for request in self._requests:
            self._worker.cancel(request)
        self._requests.clear()

    def give_up(self) -> None:
        """Read no more, and say so, if more was to come."""
        from eqxviz.records import Problem, Severity

        if not self.is_over:
            self.stop()
            self._failed(Problem(
                "cancelled", Severity.NOTE, "The tree was not read to its end",
                f"{len(self._tree):,} of its rows have come; the rest was given up.",
                "Reload the model to read all of it.",
            ))  # fmt: skip

    def _ask(self) -> None:
        from eqxviz.records import ReadRows

        request = ReadRows(self.model.tree.revision)
        self._requests.append(self._worker.ask(request, self._on_answer))

    def _on_answer(self, answer: "Record") -> None:
        from eqxviz.records import CodecError, Problem, Severity, TreeRows

        if self.is_over:
            return
        self._requests.pop(0)  # they are answered in order
        try:
            if isinstance(answer, TreeRows):
                self._take(answer)
                return
            problem = answer
        except CodecError as error:
            problem = Problem(
                "not-understood", Severity.ERROR, "The rest of the model's tree cannot be read",
                str(error), "Start the window and the worker from the same eqxviz.",
            )  # fmt: skip
        self.stop()
        if isinstance(problem, Problem):
            self._failed(problem)

    def _take(self, part: "TreeRows") -> None:
        self._tree.add(part)
        now, end = time.monotonic(), part.end
        if end is not None:
            self.stop()
            self.model = replace(self.model, inputs=end.inputs)
        else:
            self._ask()
        if end is not None or now - self._told >= _TELL_SECONDS:
            self._told = now
            self.model = replace(self.model, tree=self._tree.tree())
            self._grew()
