"""The model that is open in a worker, and the questions about it."""

import inspect
import traceback
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from eqxviz import analysis
from eqxviz.analysis.array_data import CancelledError
from eqxviz.records import (
    CheckTree,
    Done,
    DrawModel,
    EvaluateSpec,
    OpenedModel,
    ReadRows,
    Record,
    Target,
)
from eqxviz.worker import cards, comparing, rows, values
from eqxviz.worker.checking import check_tree


@dataclass(frozen=True)
class Opened:
    """A model that is open: its objects by node, and the folder of the user's code."""

    revision: int
    index: analysis.NodeIndex
    root: str

    def object_at(self, node: int) -> Any:
        """Return the object at `node`. Raises `CardError` if the tree has no such node."""
        try:
            return self.index.object_at(node)
        except IndexError as error:
            raise cards.error(
                "stale", "There is no such node", str(error), "Ask the tree that is shown now."
            ) from error


class Models:
    """The models that are open, by revision: one, or those that are compared."""

    def __init__(self) -> None:
        self._last_revision = 0
        self._opened: dict[int, Opened] = {}
        self._snapshots: set[int] = set()  # revisions of models that stay when others are closed
        self.unfinished: dict[Any, Any] = {}  # what a question has done so far, by what was asked

    def open(
        self, value: Any, path: str, target: Target, targets: tuple[Target, ...], root: str
    ) -> OpenedModel:
        """Return the PyTree `value` as a record, and answer questions about it from now on.

        The tree of a large one is incomplete: its rest is read by `ReadRows`.

        What a function or a class made is called "model".

        Raises:
            CardError: If it is no model.
        """
        try:
            why = analysis.why_not_a_model(value)
        except BaseException as error:  # flattening is the user's code, which may raise anything
            title = f"Flattening {target.name} raised {type(error).__name__}"
            raise cards.raised(error, "not-a-model", title, path) from error
        if why:
            raise cards.error(
                "not-a-model", f"{target.name} is no model", why,
                "Open a Module, or a PyTree that holds arrays (a class becomes one as an "
                "eqxcore.Module, or registered with JAX).", path, target.line,
            )  # fmt: skip
        made = target.type in ("function", "class")
        name = "" if isinstance(value, analysis.Variables) else target.name
        index = analysis.nodes_of(value, "model" if made else name)
        self._last_revision += 1
        self._opened[self._last_revision] = Opened(self._last_revision, index, root)
        tree = index.first_part(self._last_revision)
        inputs = rows.proposed_inputs(index) if tree.is_complete else ""
        return OpenedModel(path, target, targets, tree, inputs)

    def keep(self, copy: Any, opened: Opened, node: int) -> OpenedModel:
        """Keep a copy of what is at `node` of an open model, until it is released."""
        index = analysis.nodes_of(copy, opened.index.path(node))
        self._last_revision += 1
        revision = self._last_revision
        self._opened[revision] = Opened(revision, index, opened.root)
        self._snapshots.add(revision)
        target = Target(opened.index.path(node), "snapshot", 0)
        return OpenedModel("", target, (target,), index.first_part(revision), "")

    def release(self, revision: int) -> None:
        """Let go of one model and its arrays, if it is open."""
        self._opened.pop(revision, None)
        self._snapshots.discard(revision)
        self.unfinished.clear()

    def close(self) -> None:
        """Let go of all models and their arrays, but for the snapshots."""
        self._opened = {r: opened for r, opened in self._opened.items() if r in self._snapshots}
        self.unfinished.clear()

    def are_snapshots(self, revisions: Collection[int]) -> bool:
        """Whether these are snapshots, which nothing changes while the script goes on."""
        return self._snapshots.issuperset(revisions)

    def opened(self, revision: int) -> Opened:
        """Return the open model of that revision. Raises `CardError` if it is not open any more."""
        opened = self._opened.get(revision)
        if opened is None:
            raise cards.error(
                "stale", "This model is not open any more",
                "Its file was loaded again since, or another one.",
                "Ask the tree that is shown now.",
            )  # fmt: skip
        return opened

    def answer(self, request: Record) -> Record:
        """Return the answer to a question about an open model."""
        work = _QUESTIONS.get(type(request))
        return cards.not_answered(request) if work is None else work(self, request)


def _read_rows(models: Models, request: ReadRows) -> Record:
    return rows.next_rows(models.opened(request.revision).index, request.revision)


def _draw_model(models: Models, request: DrawModel) -> Record:
    opened = models.opened(request.revision)
    value, title = opened.object_at(request.node), opened.index.path(request.node)
    if not callable(value):
        raise cards.error(
            "not-callable", f"{title} cannot be called",
            f"It is a {type(value).__name__}; a graph is traced from a call.",
            "Choose the model, or a layer of it.",
        )  # fmt: skip
    text = request.inputs or analysis.example_inputs(value)
    if not text and not _takes_nothing(value):
        raise cards.error(
            "inputs-unknown", f"No inputs could be found with which {title} can be called",
            "They are found by trying what its layers' sizes suggest.",
            'Type the shapes of its arguments, such as "f32[8,3] i32[]".',
        )  # fmt: skip
    try:
        args, kwargs = analysis.parse_call(text)
    except ValueError as error:
        raise cards.error(
            "bad-inputs", "The inputs cannot be read", str(error),
            'Write shapes as JAX does, separated by spaces: "f32[8,3] i32[]".',
        ) from error  # fmt: skip
    return draw(value, args, kwargs, title, opened.root)


def _evaluate_spec(models: Models, request: EvaluateSpec) -> Record:
    opened = models.opened(request.revision)
    model, name = opened.object_at(0), opened.index.path(0)
    return analysis.spec_mask(model, name, request.code, request.revision)


def _check_tree(models: Models, request: CheckTree) -> Record:
    opened = models.opened(request.revision)
    return check_tree(opened.object_at(0), request.revision)


# What can be asked about an open model, and what answers it.
_QUESTIONS: dict[type[Record], Callable[[Models, Any], Record]] = {
    ReadRows: _read_rows,
    DrawModel: _draw_model,
    EvaluateSpec: _evaluate_spec,
    CheckTree: _check_tree,
    **comparing.QUESTIONS,
    **values.QUESTIONS,
}


def draw(fn: Any, args: tuple[Any, ...], kwargs: dict[str, Any], title: str, root: str) -> Record:
    """Return the graph of `fn(*args, **kwargs)`, or the card of what its tracing raised."""
    try:
        return analysis.graph_of(fn, args, kwargs, title=title, project_root=root or None)
    except Exception as error:  # noqa: BLE001 - the user's code is traced, and may raise anything
        why = f"{title} raised {type(error).__name__} while it was traced"
        return cards.raised(error, "draw-failed", why, "").card


def answered(request: Record, work: Callable[[], Record]) -> Record:
    """Return what `work()` returns, or the card of what it raises, for the worker to live on."""
    try:
        return work()
    except cards.CardError as error:
        return error.card
    except CancelledError:
        return Done()  # nobody waits for it
    except Exception as error:  # noqa: BLE001 - the worker's job loop
        return cards.error(
            "worker-failed",
            f"{type(request).__name__} could not be answered",
            f"{type(error).__name__}: {error}",
            "The worker goes on. Please report this with the file.",
            detail=traceback.format_exc(),
        ).card


def _takes_nothing(value: Callable[..., Any]) -> bool:
    """Whether `value` can be called without arguments."""
    try:
        inspect.signature(value).bind()
    except (TypeError, ValueError):
        return False
    return True
