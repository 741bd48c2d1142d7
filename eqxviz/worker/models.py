"""The model that is open in a worker, and the questions about it."""

import inspect
import traceback
from collections.abc import Callable
from typing import Any

from eqxviz import analysis
from eqxviz.records import DrawModel, OpenedModel, ReadValue, Record, Target
from eqxviz.worker import cards


class Models:
    """One model at a time; a revision tells it from those that were open before."""

    def __init__(self) -> None:
        self._revision = 0
        self._index: analysis.NodeIndex | None = None
        self._root = ""

    def open(
        self, value: Any, path: str, target: Target, targets: tuple[Target, ...], root: str
    ) -> OpenedModel:
        """Return the PyTree `value` as a record, and answer questions about it from now on.

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
        self._revision += 1
        try:
            made = target.type in ("function", "class")
            self._index = analysis.nodes_of(value, "model" if made else target.name)
        except ValueError as error:
            raise cards.error(
                "not-a-model", f"{target.name} cannot be shown", str(error),
                "Open a part of it.", path, target.line,
            ) from error  # fmt: skip
        self._root = root
        inputs = analysis.example_inputs(value) if callable(value) else ""
        return OpenedModel(path, target, targets, self._index.tree(self._revision), inputs)

    def close(self) -> None:
        """Let go of the model and its arrays."""
        self._index = None

    def answer(self, request: Record) -> Record:
        """Return the answer to a question about the open model."""
        if isinstance(request, ReadValue):
            return self._read_value(request)
        if isinstance(request, DrawModel):
            return self._draw(request)
        return cards.not_answered(request)

    def _read_value(self, request: ReadValue) -> Record:
        value = self._object(request.revision, request.node)
        return analysis.value_summary(value, request.revision, request.node)

    def _draw(self, request: DrawModel) -> Record:
        value = self._object(request.revision, request.node)
        assert self._index is not None
        title = self._index.path(request.node)
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
        return draw(value, args, kwargs, title, self._root)

    def _object(self, revision: int, node: int) -> Any:
        if self._index is None or revision != self._revision:
            raise cards.error(
                "stale", "This model is not open any more", "Another one was opened since.",
                "Ask the tree that is shown now.",
            )  # fmt: skip
        try:
            return self._index.object_at(node)
        except IndexError as error:
            raise cards.error(
                "stale", "There is no such node", str(error), "Ask the tree that is shown now."
            ) from error


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
