"""What a row of a difference says: where it is, what it was and what it became."""

import os
import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.layout.texts import shapes_of, value_name
from eqxviz.records import EquationFlag, Graph, GroupKind
from eqxviz.session.graph_compare.changes import Change
from eqxviz.session.graph_compare.difference import GraphDifference, Status

BACKWARD = " · backward"  # what follows a path
_MOST_INPUTS = 3
_LONGEST_PARAM = 60


class Kind(NamedTuple):
    """One way for an equation to differ: how it is marked and said."""

    name: str
    glyph: str
    word: str
    role: str  # of a colour
    change: Change  # none: by its status alone
    explanation: str


REMOVED = Kind("removed", "−", "removed", "problem", Change(0), "Only the graph before has it.")
ADDED = Kind("added", "+", "added", "running", Change(0), "Only the graph after has it.")
LOOP = Kind(
    *("loop", "↻", "loop", "shared", Change.LOOP),
    "A turn of an unrolled loop on one side, the body of a scan on the other.",
)
SAME = Kind("same", "=", "same", "faint", Change(0), "Nothing differs.")
# The first that holds of a row names it; the others are told beside it.
KINDS: tuple[Kind, ...] = (
    REMOVED,
    ADDED,
    LOOP,
    Kind(
        *("params", "≠", "parameters", "warning", Change.PARAMS),
        "The same primitive with other parameters.",
    ),
    Kind("shape", "≠", "shape", "warning", Change.SHAPE, "It reads or makes another shape."),
    Kind("dtype", "≠", "dtype", "traced", Change.DTYPE, "It reads or makes another dtype."),
    Kind("inputs", "≠", "inputs", "differentiated", Change.INPUTS, "It reads other values."),
    Kind("results", "≠", "results", "warning", Change.RESULTS, "It returns more values, or fewer."),
    Kind(
        *("group", "→", "moved", "shared", Change.GROUP),
        "It is part of another group than its neighbours became.",
    ),
    Kind(
        *("line", "~", "other line", "faint", Change.LINE),
        "It comes from another line of source; nothing else differs.",
    ),
    SAME,
)


def kinds_of(difference: GraphDifference, row: int) -> tuple[Kind, ...]:
    """Return all ways in which a row differs, what says most first."""
    status = int(difference.status[row])
    if status == Status.REMOVED:
        return (REMOVED,)
    if status == Status.ADDED:
        return (ADDED,)
    changes = int(difference.changes[row])
    return tuple(kind for kind in KINDS if changes & kind.change) or (SAME,)


def primitive_of(difference: GraphDifference, row: int) -> str:
    """Return the primitive of a row; it is the same on both sides."""
    graph, equation = _latest(difference, row)
    return graph.text(int(graph.equation_primitive[equation]))


def path_of(difference: GraphDifference, row: int) -> str:
    """Return the groups around a row: where it is after, or before where it was removed."""
    graph, equation = _latest(difference, row)
    path = group_path(graph, int(graph.equation_group[equation]))
    is_backward = path and graph.equation_flags[equation] & EquationFlag.BACKWARD
    return path + BACKWARD if is_backward else path


def group_path(graph: Graph, group: int) -> str:
    """Return the names from the outermost group down: "make_step › model.layers[0] › relu"."""
    names: list[str] = []
    inner = ""
    while group > 0:
        name = graph.text(int(graph.group_name[group]))
        is_module = graph.group_kind[group] == GroupKind.MODULE
        # A Module's name is its whole path: what is around it is said by it.
        if name and not (is_module and inner.startswith(name)):
            names.append(name)
        if is_module:
            inner = inner or name
        elif graph.group_kind[group] == GroupKind.JAXPR:
            inner = ""
        group = int(graph.group_parent[group])
    return " › ".join(reversed(names))


def sides_of(difference: GraphDifference, row: int) -> tuple[str, str]:
    """Return what differs in a row as it is before and after; "" where there is no equation.

    Of what only one side has it is what it makes.
    """
    ids = int(difference.before_equation[row]), int(difference.after_equation[row])
    graphs = difference.before, difference.after
    if ids[0] < 0 or ids[1] < 0:
        loop = next((x for x in difference.loops if x.owner == max(ids)), None)
        if loop is not None and difference.changes[row] & Change.LOOP:
            turns, n = loop.copies.shape
            told = f"{turns:,} × {_equations(n)}", f"scan of length {turns:,}"
            return told if loop.is_after else (told[1], told[0])
        texts = [shapes_of(g, e) if e >= 0 else "" for g, e in zip(graphs, ids, strict=True)]
        return texts[0], texts[1]
    changes = int(difference.changes[row])
    parts = (
        (Change.PARAMS, _params),
        (Change.SHAPE | Change.DTYPE, _avals),
        (Change.INPUTS, _inputs),
        (Change.RESULTS, _results),
        (Change.GROUP, _groups),
        (Change.LINE, _lines),
    )
    told = [tell(graphs, ids) for change, tell in parts if changes & change]
    if changes == Change.LINE or not changes & ~Change.LOOP:
        before, after = _avals(graphs, ids)
        told = [(before, after), *told]
    elif changes & Change.LINE:
        told.pop()
    return ", ".join(t[0] for t in told if t[0]), ", ".join(t[1] for t in told if t[1])


_Graphs = tuple[Graph, Graph]
_Equations = tuple[int, int]


def _latest(difference: GraphDifference, row: int) -> tuple[Graph, int]:
    after = int(difference.after_equation[row])
    if after >= 0:
        return difference.after, after
    return difference.before, int(difference.before_equation[row])


def _params(graphs: _Graphs, ids: _Equations) -> tuple[str, str]:
    """Return the parameters that differ."""
    both = [_by_name(g.text(int(g.equation_params[e]))) for g, e in zip(graphs, ids, strict=True)]
    texts = [
        [
            _cut(f"{name}={value}")
            for name, value in ours.items()
            if value != both[1 - side].get(name)
        ]
        for side, ours in enumerate(both)
    ]
    return ", ".join(texts[0]), ", ".join(texts[1])


def _by_name(params: str) -> dict[str, str]:
    """Return the parameters of "a=1 b=(2, 3)" by name."""
    found: dict[str, str] = {}
    depth, start = 0, 0
    for at, sign in enumerate(params + " "):
        depth += (sign in "([{") - (sign in ")]}")
        if depth == 0 and sign == " " and re.match(r"\s*\w+=|\s*$", params[at:]):
            name, _, value = params[start:at].partition("=")
            found[name.strip()] = value
            start = at
    found.pop("", None)
    return found


def _avals(graphs: _Graphs, ids: _Equations) -> tuple[str, str]:
    """Return what both make; where that is alike, the first that they read and that is not."""
    made = shapes_of(graphs[0], ids[0]), shapes_of(graphs[1], ids[1])
    if made[0] != made[1]:
        return made
    reads = [
        [g.text(int(g.value_aval[v])).rpartition(":")[2] for v in g.inputs_of(e)]
        for g, e in zip(graphs, ids, strict=True)
    ]
    for before, after in zip(*reads, strict=False):
        if before != after:
            return f"of {before}", f"of {after}"
    return made


def _inputs(graphs: _Graphs, ids: _Equations) -> tuple[str, str]:
    """Return the values that both read, by name, as far as the names differ."""
    values = [g.inputs_of(e).tolist() for g, e in zip(graphs, ids, strict=True)]
    names = [[value_name(g, v) for v in vs] for g, vs in zip(graphs, values, strict=True)]
    if len(names[0]) == len(names[1]):
        both = [(a, b) for a, b in zip(*names, strict=True) if not _is_renamed(a, b)]
        names = [[a for a, _ in both], [b for _, b in both]] if both else names
    texts = [", ".join(of[:_MOST_INPUTS]) + ("…" if len(of) > _MOST_INPUTS else "") for of in names]
    return f"reads {texts[0]}", f"reads {texts[1]}"


def _is_renamed(before: str, after: str) -> bool:
    """Whether both names are of one value: equal but for what the argument is called."""
    if before == after:
        return True
    rests = [re.match(r"[^\W\d]\w*([.\[].*)", name) for name in (before, after)]
    return bool(rests[0] and rests[1] and rests[0][1] == rests[1][1])


def _results(graphs: _Graphs, ids: _Equations) -> tuple[str, str]:
    n = [len(g.outputs_of(e)) for g, e in zip(graphs, ids, strict=True)]
    return f"{n[0]:,} results", f"{n[1]:,} results"


def _groups(graphs: _Graphs, ids: _Equations) -> tuple[str, str]:
    paths = [group_path(g, int(g.equation_group[e])) for g, e in zip(graphs, ids, strict=True)]
    return paths[0] or "outermost", paths[1] or "outermost"


def _lines(graphs: _Graphs, ids: _Equations) -> tuple[str, str]:
    texts: list[str] = []
    for graph, equation in zip(graphs, ids, strict=True):
        source = int(graph.equation_source[equation])
        file = os.path.basename(graph.text(int(graph.source_file[source]))) if source >= 0 else ""
        texts.append(f"{file}:{int(graph.source_line[source])}" if file else "no line")
    return texts[0], texts[1]


def dtype_steps(difference: GraphDifference) -> list[tuple[str, str, int]]:
    """Return old dtype, new dtype, and of how many equations that is all that changed.

    It is the dtype of what an equation makes, or else of the first that it reads and that differs.
    """
    only = (difference.changes & ~np.uint8(Change.LINE)) == Change.DTYPE
    rows = np.flatnonzero(only)
    ids = [
        _made_dtype(graph, equations[rows])
        for graph, equations in (
            (difference.before, difference.before_equation),
            (difference.after, difference.after_equation),
        )
    ]
    steps, number, counts = np.unique(
        np.stack(ids, axis=1), axis=0, return_inverse=True, return_counts=True
    )
    graphs = difference.before, difference.after
    known: dict[tuple[str, str], int] = {}

    def add(old: str, new: str, n: int) -> None:
        known[old, new] = known.get((old, new), 0) + n

    for at, (before, after) in enumerate(steps.tolist()):
        old, new = graphs[0].text(before), graphs[1].text(after)
        if old != new:
            add(old, new, int(counts[at]))
            continue
        for row in rows[number.reshape(-1) == at].tolist():
            pair = int(difference.before_equation[row]), int(difference.after_equation[row])
            old, new = (t.removeprefix("of ").partition("[")[0] for t in _avals(graphs, pair))
            add(old, new, 1)
    return [(old, new, n) for (old, new), n in sorted(known.items(), key=lambda item: -item[1])]


def _made_dtype(graph: Graph, equations: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the text id of the dtype of the first value that each equation makes, -1 for none."""
    starts = graph.out_offset[equations].astype(np.int64)
    has_one = graph.out_offset[equations + 1] > starts
    values = np.append(graph.out_value, 0)[np.where(has_one, starts, len(graph.out_value))]
    return np.where(has_one, graph.value_dtype[values], -1)


def _equations(n: int) -> str:
    return "1 equation" if n == 1 else f"{n:,} equations"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_PARAM else text[: _LONGEST_PARAM - 1] + "…"
