"""The rows of a tree after its first part, which opening a model has answered."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from eqxviz import analysis
from eqxviz.records import ReadRows, TreeRows

if TYPE_CHECKING:
    from eqxviz.worker.models import Models

# The inputs of a larger model's call are looked for when they are needed: it is traced for them.
_MOST_NODES = 200_000


def read_rows(models: "Models", request: ReadRows) -> TreeRows:
    """Return the next rows of an open model."""
    opened = models.opened(request.revision)
    part = opened.index.next_part(request.revision)
    if part.end is None:
        return part
    inputs = proposed_inputs(opened.object_at(0), opened.index)
    return replace(part, end=replace(part.end, inputs=inputs))


def proposed_inputs(value: Any, index: analysis.NodeIndex) -> str:
    """Return example inputs of a call of `value`, "" if none are found or its tree is too large."""
    return analysis.example_inputs(value) if callable(value) and len(index) < _MOST_NODES else ""
