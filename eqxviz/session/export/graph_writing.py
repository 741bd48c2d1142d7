"""Writing a graph to a file, in the form that its name says."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from eqxviz.layout import default_open, gathered
from eqxviz.records import Graph
from eqxviz.session.export.forms import named_form
from eqxviz.session.export.graph_data import graph_data
from eqxviz.session.export.graph_dot import graph_dot
from eqxviz.store.model_file import write_text

Write = Callable[[Graph, frozenset[int]], Iterator[str]]


def _text(graph: Graph, _open_groups: frozenset[int]) -> Iterator[str]:
    from eqxviz.session.jaxpr_text import JaxprText

    return (f"{line}\n" for line in JaxprText(graph).whole())


def _data(graph: Graph, _open_groups: frozenset[int]) -> Iterator[str]:
    return graph_data(graph)


# What is written as text. Where groups are open matters to DOT alone.
GRAPH_TEXT_FORMS: dict[str, Write] = {"text": _text, "json": _data, "dot": graph_dot}
PICTURE_FORMS = ("svg", "png")
GRAPH_FORMS = (*GRAPH_TEXT_FORMS, *PICTURE_FORMS)


def graph_form_of(path: Path) -> str:
    """Return the form that the suffix of `path` says.

    Raises:
        UnknownFormError: If it says none.
    """
    return named_form(path, GRAPH_FORMS)


def write_graph(path: Path, form: str, graph: Graph, open_groups: frozenset[int]) -> None:
    """Write `graph` as text to `path`, in one step.

    Raises:
        OSError: If the file cannot be written.
    """
    parts = GRAPH_TEXT_FORMS[form](graph, open_groups)
    write_text(path, parts)


def opened_to(graph: Graph, depth: int | None) -> tuple[Graph, frozenset[int]]:
    """Return `graph` with its crowds gathered, and its groups down to `depth`.

    A depth of -1 opens all; None what a window opens at first.
    """
    whole = gathered(graph)
    n_groups = len(whole.group_parent)
    if depth is None:
        return whole, default_open(whole)
    if depth < 0:
        return whole, frozenset(range(n_groups))
    depths = np.zeros(n_groups, np.int64)
    for group in range(1, n_groups):
        depths[group] = depths[whole.group_parent[group]] + 1
    return whole, frozenset(np.flatnonzero(depths <= depth).tolist())
