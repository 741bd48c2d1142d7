"""The PyTrees that a target works with: the arguments of its jitted calls, what it optimises."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eqxviz.analysis import nodes_of
from eqxviz.analysis.likeness import has_arrays
from eqxviz.analysis.tracing import argument_names
from eqxviz.analysis.tree import NodeIndex
from eqxviz.doctor.seen import Line
from eqxviz.records import ModelTree


@dataclass(frozen=True, eq=False)
class SeenTree:
    """A PyTree as it was when it was first seen."""

    name: str  # "model"
    at: Line  # of the user's, that had it
    nodes: NodeIndex
    tree: ModelTree
    function: int  # FunctionSeen.id of the call that it was given to; -1 for none


def seen_tree(value: Any, name: str, at: Line, function: int = -1) -> SeenTree:
    """Return a PyTree as it is now."""
    nodes = nodes_of(value, name)
    return SeenTree(name, at, nodes, nodes.tree(0), function)


def trees_of_call(
    target: Any, args: tuple[Any, ...], kwargs: dict[str, Any], at: Line, function: int
) -> Iterator[SeenTree]:
    """Yield the arguments of a call that hold arrays."""
    for name, value in named_arguments(target, args, kwargs):
        if has_arrays(value):
            yield seen_tree(value, name, at, function)


def named_arguments(
    target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Iterator[tuple[str, Any]]:
    """Yield the arguments of a call by the names that the function gives them."""
    yield from zip(argument_names(target, len(args)), args, strict=True)
    yield from kwargs.items()
