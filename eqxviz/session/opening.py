"""The part of the session that is about the open model."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from psygnal import Signal

from eqxviz.session.answering import Answerer, Answers
from eqxviz.session.problems import Post, ProblemPart
from eqxviz.session.sources import ModelSource

if TYPE_CHECKING:
    from eqxviz.engine.engine import Engine
    from eqxviz.records import OpenedModel, Problem, Record
    from eqxviz.session.growing import TreeStream

ViewState = Literal["empty", "working", "filled", "failed"]


class ModelPart(ProblemPart):
    """The model that is open.

    Signals:
        model_changed: Any of `model`, `path`, `model_state`, `model_problem`, `model_activity`.
        tree_grew: `model` is the same with more of its tree, or with all of it: see `is_growing`.
    """

    model_changed = Signal()
    tree_grew = Signal()

    def __init__(self, post: Post, engine: "Engine | None" = None) -> None:
        super().__init__(post, engine)
        self.model: OpenedModel | None = None
        self.source: ModelSource | None = None  # what is open, or was asked for
        self.model_state: ViewState = "empty"
        self.model_problem: Problem | None = None
        self.model_activity = ""  # what is being done, while working: "Running model.py"
        self._shown_source: ModelSource | None = None  # the one that `model` came from
        self._model_worker: Answerer | None = None  # what holds the model's objects
        self._met_at = ""  # the folder in which a process was met that shows something
        self._open_request = -1
        self._open_problems: tuple[Problem, ...] = ()  # that the last opening reported
        # What is to be asked once the model, whose worker died, is open again.
        self._waiting: list[Callable[[Answerer, OpenedModel], None]] = []
        self._stream: TreeStream | None = None  # the rest of a large tree
        self.answers = Answers()  # what was asked about the model, to be kept with it in a file

    @property
    def path(self) -> str:
        """Where the model comes from, absolute; "" while nothing is open."""
        return self.source.path if self.source is not None else ""

    @property
    def is_growing(self) -> bool:
        """Whether more of the model's tree is to come."""
        return self._stream is not None and not self._stream.is_over

    def open(self, target: str, weights: str = "", shapes_only: bool = False) -> None:
        """Open "FILE" or "FILE:NAME". A Python file is run, in a process of its own.

        Args:
            target: The file: Python, weights, or records of a model.
            weights: The file that the arrays of the model are read from, "" for none.
            shapes_only: Whether the model is made without its arrays, as shapes.
        """
        self.open_source(ModelSource.of(target, weights, shapes_only))

    def open_target(self, name: str) -> None:
        """Open another one of `model.targets`."""
        if self.source is not None:
            self.open_source(replace(self.source, name=name))

    def reload(self) -> None:
        """Open the same model again, as its source is now."""
        if self.source is not None:
            self.open_source(self.source)

    def switch_shapes(self) -> None:
        """Open the same model as shapes alone; with its arrays if it is open so."""
        source = self.source
        if source is not None:
            self.open_source(replace(source, shapes_only=not source.shapes_only, weights=""))

    def open_source(self, source: ModelSource) -> None:
        """Open the model that `source` names, in place of the one that is open."""
        if self.model_state == "working":
            self._drop_open_request()
        self.source = source
        self.model_problem = None
        self._waiting.clear()
        self._set_model_state("working", _activity(source))
        self._ask_to_open(source, self._on_opened)

    @property
    def model_holder(self) -> "Answerer | None":
        """What holds the objects of the open model, and answers about them."""
        return self._model_worker if self.model is not None else None

    def open_beside(
        self, source: ModelSource, answered: "Callable[[Answerer, Record], None]"
    ) -> None:
        """Open another model, to be compared, while the open one stays as it is.

        `answered` gets who holds the other one, and the `OpenedModel` or a Problem.
        """
        holder = self._worker_of(source)
        holder.ask(_request(source, beside=True), lambda answer: answered(holder, answer))

    def open_instead(self, source: ModelSource) -> None:
        """Open what `source` names in place of the open model, which stays where that fails."""
        from eqxviz.records import OpenedModel, Problem

        shown = self.source

        def answered(holder: Answerer, answer: "Record") -> None:
            if self.source != shown:
                return  # the user has turned to another one
            if isinstance(answer, OpenedModel):
                self._adopt(source, holder, answer)
            elif isinstance(answer, Problem):
                self.report(answer)

        self.open_beside(source, answered)

    def cancel_open(self) -> None:
        """Give up opening: what the file is doing is ended, and a problem says where it was.

        Of a model whose tree is growing, the rest is not read.
        """
        if self._stream is not None and self.model_state != "working":
            self._stream.give_up()
        if self.model_state != "working" or self._model_worker is None or self.source is None:
            return
        if self.source.is_replaceable:
            self._model_worker.abort()
            self._set_model_state("working", f"Ending {os.path.basename(self.path)}")
        else:
            self._model_worker.cancel(self._open_request)
            self._set_model_state("empty" if self.model is None else "filled")

    def ask_model(
        self,
        request: "Callable[[OpenedModel], Record]",
        answered: "Callable[[Record], None]",
        *,
        is_kept: bool = True,
    ) -> Callable[[], None]:
        """Ask the worker that holds the model `request(model)`; a worker that died is replaced.

        `answered` gets the answer or a Problem, unless another model is open by then. Calling what
        is returned cancels it. With `is_kept`, the answer goes with the model into a file.
        """
        asked: list[Callable[[], None]] = []
        is_cancelled = False

        def ask(worker: "Answerer", model: "OpenedModel") -> None:
            if is_cancelled:
                return
            question = request(model)

            def unless_stale(answer: "Record") -> None:
                now = self.model  # revisions are counted by each worker
                is_same = now is not None and now.tree.revision == model.tree.revision
                if is_same and self._model_worker is worker:
                    if is_kept:
                        self.answers.add(question, answer)
                    answered(answer)

            number = worker.ask(question, unless_stale)
            asked.append(lambda: worker.cancel(number))

        def cancel() -> None:
            nonlocal is_cancelled
            is_cancelled = True
            for each in asked:
                each()

        self._with_model(ask)
        return cancel

    def _ask_to_open(self, source: ModelSource, answered: Callable[["Record"], None]) -> None:
        self._model_worker = self._worker_of(source)
        self._open_request = self._model_worker.ask(_request(source, beside=False), answered)

    def _worker_of(self, source: ModelSource) -> "Answerer":
        """Return what opens `source`, and answers questions about it afterwards."""
        if source.kind == "records":
            from eqxviz.session.kept import KeptModel

            return KeptModel(source.path, self._post, self.in_background)
        if source.kind == "process":
            visited, folder = self._model_worker, Path(source.path)
            self._met_at = source.path
            is_met = visited is not None and visited.alive and visited.folder == folder
            return visited if visited and is_met else self.engine.visit(folder, self._on_said)
        return self.engine.inspector(source.path)

    def _on_said(self, record: "Record") -> None:
        """Take in what a process that shows something says of its own accord."""
        from eqxviz.records import Problem, Shown

        source = self.source
        if isinstance(record, Problem):
            self.report(record)
        elif isinstance(record, Shown) and source is not None and source.kind == "process":
            self.open_source(replace(source, name=""))
        elif isinstance(record, Shown) and source is None:
            self.open_source(ModelSource("process", self._met_at))

    def _adopt(self, source: ModelSource, holder: "Answerer", model: "OpenedModel") -> None:
        """Show `model`, which is open already: `holder` has its objects."""
        if self.model_state == "working":
            self._drop_open_request()
        self.source, self._model_worker, self.model_problem = source, holder, None
        self._waiting.clear()
        self._on_opened(model)

    def _drop_open_request(self) -> None:
        if self._model_worker is not None and self.source is not None:
            self._model_worker.cancel(self._open_request)
            if self.source.is_replaceable:
                self._model_worker.kill()

    def _on_opened(self, answer: "Record") -> None:
        from eqxviz.records import OpenedModel, Problem

        self._open_request = -1
        before = self.model
        if isinstance(answer, OpenedModel):
            self.model, self.model_state = answer, "filled"
            if self.source is not None:
                self.source = replace(self.source, name=answer.target.name)
            self._shown_source = self.source
        elif isinstance(answer, Problem) and before is not None and self._is_reload():
            # While a file is edited it often does not load: what it gave before stays.
            self.model_problem = answer
            self._set_model_state("filled")
            self._open_problems += (answer,)
            self.report(answer)
            return
        elif isinstance(answer, Problem):
            self.model, self.model_state = None, "failed"
            self.model_problem = answer
        else:  # it was closed
            self.model, self.model_state, self.model_problem = None, "empty", None
        self.model_activity = ""
        self.answers.clear()
        self._read_rest()
        self._on_model_replaced(before)
        self.model_changed.emit()
        for problem in self._open_problems:  # what came of the last opening is not so any more
            self.dismiss(problem)
        self._open_problems = (answer,) if isinstance(answer, Problem) else ()
        if isinstance(answer, OpenedModel):
            self._open_problems = answer.notes
        for problem in self._open_problems:
            self.report(problem)

    def _is_reload(self) -> bool:
        """Whether what is asked for is what `model` came from."""
        return self.source is not None and self.source == self._shown_source

    def _read_rest(self) -> None:
        """Ask for what is missing of the model's tree, and for nothing of another one's."""
        from eqxviz.session.growing import TreeStream

        if self._stream is not None:
            self._stream.stop()
        self._stream = None
        model, worker = self.model, self._model_worker
        if model is None or worker is None or model.tree.is_complete:
            return

        def grew() -> None:
            self.model = stream.model
            self.tree_grew.emit()

        def failed(problem: "Problem") -> None:
            if self.model_state != "working":  # else it was given up for another model
                self.report(problem)
            self.tree_grew.emit()

        self._stream = stream = TreeStream(worker, model, grew, failed)

    def _on_model_replaced(self, before: "OpenedModel | None") -> None:
        """Forget what belonged to the model `before`, ahead of the signals of the new one."""

    def _with_model(self, ask: "Callable[[Answerer, OpenedModel], None]") -> None:
        """Call `ask` with the worker that holds the model, which is opened anew if it died.

        A run that died is not: it answers with how it ended.
        """
        worker, model, source = self._model_worker, self.model, self.source
        if model is None or worker is None or source is None:
            return
        if self._waiting:
            self._waiting.append(ask)
        elif worker.alive or not source.is_replaceable:
            ask(worker, model)
        else:
            self._waiting.append(ask)
            self._ask_to_open(source, self._on_reopened)
            # Last, for views ask again when they hear of it.
            self._set_model_state("working", f"{_activity(source)} again")

    def _on_reopened(self, answer: "Record") -> None:
        """Take the model whose worker had died, and ask what waited for it."""
        waiting, self._waiting = self._waiting, []
        self._on_opened(answer)
        for ask in waiting:
            worker, model = self._model_worker, self.model
            # One that died again answers with how it ended: there is no third try.
            if worker is not None and model is not None and self.model_state == "filled":
                ask(worker, model)

    def _set_model_state(self, state: ViewState, activity: str = "") -> None:
        self.model_state, self.model_activity = state, activity
        self.model_changed.emit()


def _request(source: ModelSource, *, beside: bool) -> "Record":
    """Return what asks the worker of `source` to open it."""
    from eqxviz.records import OpenModel

    path = source.path if source.kind == "file" else ""
    return OpenModel(path, source.name, beside, source.weights, source.shapes_only, source.frame)


def _activity(source: ModelSource) -> str:
    """Return what opening `source` does: "Running model.py"."""
    is_run = source.kind == "file" and source.script
    return f"Running {source.title}" if is_run else f"Reading {source.title}"


def is_same_target(before: "OpenedModel | None", after: "OpenedModel | None") -> bool:
    """Whether both are the model of one name in one file."""
    if before is None or after is None:
        return False
    return (before.path, before.target.name) == (after.path, after.target.name)
