"""The part of the session that is about the open model and its values."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from psygnal import Signal

from eqxviz.session.problems import Post, ProblemPart

if TYPE_CHECKING:
    from eqxviz.engine.engine import Engine
    from eqxviz.engine.worker import Worker
    from eqxviz.records import OpenedModel, Problem, Record, ValueSummary

ViewState = Literal["empty", "working", "filled", "failed"]


def split_target(target: str) -> tuple[str, str]:
    """Return `(path, name)` of "FILE.py:NAME"; a file that exists under the whole text wins."""
    path, colon, name = target.rpartition(":")
    if not colon or "/" in name or os.path.exists(target):
        return target, ""
    return path, name


class ModelPart(ProblemPart):
    """The model that is open.

    Signals:
        model_changed: Any of `model`, `path`, `model_state`, `model_problem`, `model_activity`.
        value_changed: `value` is another one, or gone.
    """

    model_changed = Signal()
    value_changed = Signal()

    def __init__(self, post: Post, engine: "Engine | None" = None) -> None:
        super().__init__(post, engine)
        self.model: OpenedModel | None = None
        self.path = ""  # absolute
        self.model_state: ViewState = "empty"
        self.model_problem: Problem | None = None
        self.model_activity = ""  # what is being done, while working: "Running model.py"
        self.value: ValueSummary | Problem | None = None
        self._target_name = ""
        self._model_worker: Worker | None = None  # the one that holds the model's objects
        self._open_request = -1
        self._value_request = -1

    def open(self, target: str) -> None:
        """Open "FILE.py" or "FILE.py:NAME". This runs the file, in a process of its own."""
        path, name = split_target(target)
        self._open(str(Path(path).expanduser().absolute()), name)

    def open_target(self, name: str) -> None:
        """Open another one of `model.targets`."""
        self._open(self.path, name)

    def reload(self) -> None:
        """Open the same file and name again, as the file is now."""
        if self.path:
            self._open(self.path, self._target_name)

    def cancel_open(self) -> None:
        """Give up opening: what the file is doing is ended, and a problem says where it was."""
        if self.model_state == "working" and self._model_worker is not None:
            self._model_worker.abort()
            self._set_model_state("working", f"Ending {os.path.basename(self.path)}")

    def ask_model(
        self, request: "Callable[[OpenedModel], Record]", answered: "Callable[[Record], None]"
    ) -> None:
        """Ask the worker that holds the model `request(model)`; a worker that died is replaced.

        `answered` gets the answer or a Problem, unless another model is open by then.
        """

        def ask(worker: "Worker", model: "OpenedModel") -> None:
            def unless_stale(answer: "Record") -> None:
                if self.model is not None and self.model.tree.revision == model.tree.revision:
                    answered(answer)

            worker.ask(request(model), unless_stale)

        self._with_model(ask)

    def ask_value(self, node: int) -> None:
        """Ask for the statistics of `node`; `value_changed` tells when `value` holds them."""
        from eqxviz.records import ReadValue

        if self.value is not None:
            self.value = None
            self.value_changed.emit()

        def ask(worker: "Worker", model: "OpenedModel") -> None:
            if self._value_request >= 0:
                worker.cancel(self._value_request)
            request = ReadValue(model.tree.revision, node)
            self._value_request = worker.ask(request, self._on_value)

        self._with_model(ask)

    def _open(self, path: str, name: str) -> None:
        if self.model_state == "working":
            self._drop_open_request()
        self.path, self._target_name = path, name
        self.model_problem = None
        self._set_model_state("working", f"Running {os.path.basename(path)}")
        self._ask_to_open(path, name, self._on_opened)

    def _ask_to_open(self, path: str, name: str, answered: Callable[["Record"], None]) -> None:
        from eqxviz.records import OpenModel

        self._model_worker = self.engine.inspector(path)
        self._open_request = self._model_worker.ask(OpenModel(path, name), answered)

    def _drop_open_request(self) -> None:
        if self._model_worker is not None:
            self._model_worker.cancel(self._open_request)
            self._model_worker.kill()

    def _on_opened(self, answer: "Record") -> None:
        from eqxviz.records import OpenedModel, Problem

        self._open_request = -1
        before = self.model
        if isinstance(answer, OpenedModel):
            self.model, self.model_state = answer, "filled"
            self._target_name = answer.target.name
        elif isinstance(answer, Problem):
            self.model, self.model_state = None, "failed"
            self.model_problem = answer
        self.model_activity, self.value = "", None
        self._on_model_replaced(before)
        self.model_changed.emit()
        self.value_changed.emit()
        if isinstance(answer, Problem):
            self.report(answer)

    def _on_model_replaced(self, before: "OpenedModel | None") -> None:
        """Forget what belonged to the model `before`, ahead of the signals of the new one."""

    def _on_value(self, answer: "Record") -> None:
        from eqxviz.records import Problem, ValueSummary

        self._value_request = -1
        if isinstance(answer, (ValueSummary, Problem)):
            self.value = answer
            self.value_changed.emit()

    def _with_model(self, ask: "Callable[[Worker, OpenedModel], None]") -> None:
        """Call `ask` with the worker that holds the model, which is opened anew if it died."""
        worker, model = self._model_worker, self.model
        if model is None or worker is None:
            return
        if worker.alive:
            ask(worker, model)
            return

        def reopened(answer: "Record") -> None:
            self._on_opened(answer)
            if self.model_state == "filled":
                self._with_model(ask)

        self._set_model_state("working", f"Running {os.path.basename(self.path)} again")
        self._ask_to_open(self.path, self._target_name, reopened)

    def _set_model_state(self, state: ViewState, activity: str = "") -> None:
        self.model_state, self.model_activity = state, activity
        self.model_changed.emit()
