"""The rows of a tree after its first part, which opening a model has answered."""

from dataclasses import replace

from eqxviz import analysis
from eqxviz.records import TreeRows

# The inputs of a larger model's call are looked for when they are needed: it is traced for them.
_MOST_NODES = 200_000


def next_rows(index: analysis.NodeIndex, revision: int) -> TreeRows:
    """Return the next rows of an open model; the last ones say with what it can be called."""
    part = index.next_part(revision)
    if part.end is None:
        return part
    return replace(part, end=replace(part.end, inputs=proposed_inputs(index)))


def proposed_inputs(index: analysis.NodeIndex) -> str:
    """Return example inputs of the model's call, "" if none are found or its tree is too large."""
    value = index.object_at(0)
    return analysis.example_inputs(value) if callable(value) and len(index) < _MOST_NODES else ""
