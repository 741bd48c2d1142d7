"""The value of one node of an open tree: its statistics, or its text."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from psygnal import Signal

from eqxviz.session.opening import ModelPart
from eqxviz.session.problems import Post

if TYPE_CHECKING:
    from eqxviz.engine.engine import Engine
    from eqxviz.records import OpenedModel, Problem, Record, ValueSummary


class Inspected(Protocol):
    """A tree that is open, and a way to ask who holds it."""

    @property
    def model(self) -> "OpenedModel | None": ...
    def ask_model(
        self,
        request: "Callable[[OpenedModel], Record]",
        answered: "Callable[[Record], None]",
        *,
        is_kept: bool = True,
    ) -> Callable[[], None]: ...


class ValueReading:
    """Reads the statistics of one node of an open tree, part by part.

    Signals:
        value_changed: `value` is another one, or gone.
        value_progressed: More of a large array was read: see `value_progress`.
    """

    value_changed = Signal()
    value_progressed = Signal()

    def __init__(self) -> None:
        self.value: ValueSummary | Problem | None = None
        self.value_progress = 0.0
        self._cancel_value: Callable[[], None] = lambda: None

    def ask_model(
        self,
        request: "Callable[[OpenedModel], Record]",
        answered: "Callable[[Record], None]",
        *,
        is_kept: bool = True,
    ) -> Callable[[], None]:
        """Ask who holds the tree; calling what is returned cancels it."""
        raise NotImplementedError

    def ask_value(self, node: int) -> None:
        """Ask for the statistics of `node`; `value_changed` tells when `value` holds them.

        Meanwhile `value_progress` tells how much of a large array was read.
        """
        self._cancel_value()
        self.value_progress = 0.0
        if self.value is not None:
            self.value = None
            self.value_changed.emit()
        self._read_value(node)

    def cancel_value(self) -> None:
        """Give up reading the statistics that were asked for last."""
        from eqxviz.records import Problem, Severity

        if self.value is None:
            self._cancel_value()
            self.value = Problem(
                "cancelled", Severity.NOTE, "Reading the values was cancelled",
                f"{self.value_progress:.0%} of them were read.", "Select the leaf again.",
            )  # fmt: skip
            self.value_changed.emit()

    def _read_value(self, node: int) -> None:
        from eqxviz.records import Problem, Progress, ReadValue, ValueSummary

        def answered(answer: "Record") -> None:
            if isinstance(answer, Progress):
                self.value_progress = answer.n_done / max(answer.n_total, 1)
                self._read_value(node)
                self.value_progressed.emit()
            elif isinstance(answer, (ValueSummary, Problem)):
                self.value = answer
                self.value_changed.emit()

        self._cancel_value = self.ask_model(
            lambda model: ReadValue(model.tree.revision, node), answered
        )


class ValuePart(ModelPart, ValueReading):
    """The part of the session that is about the value of the selected node."""

    def __init__(self, post: Post, engine: "Engine | None" = None) -> None:
        ModelPart.__init__(self, post, engine)
        ValueReading.__init__(self)

    def _on_opened(self, answer: "Record") -> None:
        before = self.model
        super()._on_opened(answer)
        if self.model is not before:
            self.value_changed.emit()

    def _on_model_replaced(self, before: "OpenedModel | None") -> None:
        super()._on_model_replaced(before)
        self.value = None
