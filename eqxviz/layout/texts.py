"""What stands in each box and on each frame."""

import os
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.layout.visible import BoxKind, VisibleGraph, group_sizes
from eqxviz.records.graph import EquationKind, Graph, GroupKind, ValueOrigin

# Rows of operands, and of far ends of long edges, that a box shows before it says "+3".
_MOST_ROWS = 3
_LONGEST_LITERAL = 18
_LONGEST_PATH = 34


class BoxText(NamedTuple):
    """The texts of a box: a title with the shape beside it, rows below, the source last."""

    title: str
    shape: str
    rows: tuple[str, ...]
    source: str
    kind: int  # an EquationKind: the hue
    n_inside: int  # equations inside, where it can be unfolded; else 0


class FrameText(NamedTuple):
    """The texts of a frame's title bar."""

    title: str
    detail: str


def box_texts(graph: Graph, seen: VisibleGraph) -> list[BoxText]:
    """Return the texts of all boxes."""
    sizes = group_sizes(graph)
    inside = _nested_counts(graph, seen, sizes)
    far_in, far_out = _far_ends(graph, seen)
    kinds = _group_kinds(graph)
    made: list[BoxText] = []
    equation, group, argument = BoxKind.EQUATION, BoxKind.GROUP, BoxKind.ARGUMENT
    shown: list[int] = seen.box_kind.tolist()
    items: list[int] = seen.box_item.tolist()
    for box, (kind, item) in enumerate(zip(shown, items, strict=True)):
        rows = [*far_in.get(box, ()), *_operands(graph, seen, box)]
        ends = [*_results(graph, seen, box), *far_out.get(box, ())]
        rows = [*_capped(rows), *_capped(ends)]
        if kind == equation:
            title, hue, count = equation_title(graph, item), graph.equation_kind[item], inside[item]
            text = (title, shapes_of(graph, item), tuple(rows), source_of(graph, item))
        elif kind == group:
            title = _times(group_title(graph, item, seen), seen, item)
            hue, count = kinds[item], sizes[item]
            n_times = int(seen.group_times[item])
            text = (title, "", tuple(rows), _holds(int(count), n_times))
        elif kind == argument:
            hue, count = EquationKind.OTHER, 0
            name = graph.text(int(graph.value_path[item])) or "argument"
            text = (name, graph.text(int(graph.value_aval[item])), tuple(rows), "")
        else:
            hue, count = EquationKind.OTHER, 0
            name = graph.text(int(graph.output_names[item])) or "result"
            aval = graph.text(int(graph.value_aval[graph.outputs[item]]))
            text = (name, aval, tuple(rows), "")
        made.append(BoxText(*text, int(hue), int(count)))
    return made


def frame_texts(graph: Graph, seen: VisibleGraph) -> list[FrameText]:
    """Return the texts of all frames; the root's is the title of the graph."""
    sizes = group_sizes(graph)
    return [
        FrameText(
            _times(group_title(graph, int(g), seen), seen, int(g)) if f else graph.title,
            _holds(int(sizes[g]), int(seen.group_times[g])),
        )
        for f, g in enumerate(seen.frame_group)
    ]


def equation_title(graph: Graph, equation: int) -> str:
    """Return the primitive, with the name of what it calls: "jit silu", "scan × 12"."""
    primitive = graph.text(int(graph.equation_primitive[equation]))
    nested = np.flatnonzero(graph.group_owner == equation)
    if len(nested) == 1:
        name = graph.text(int(graph.group_name[nested[0]]))
        primitive = primitive.removesuffix("_call")
        repeats = float(graph.group_repeats[nested[0]])
        if name and name != primitive:
            primitive = name if name.startswith(primitive) else f"{primitive} {name}"
        if repeats > 1:
            primitive += f" × {_number(int(repeats))}"
    return primitive


def group_title(graph: Graph, group: int, seen: VisibleGraph) -> str:
    """Return the name of a group: a Module's path, a scope, or the equation and its branch.

    Of a path only what the open group around it does not say; "backward" where all of it is.
    """
    name = graph.text(int(graph.group_name[group]))
    owner = int(graph.group_owner[group])
    if graph.group_kind[group] == GroupKind.JAXPR and owner >= 0:
        if np.count_nonzero(graph.group_owner == owner) == 1:
            return equation_title(graph, owner)
        primitive = graph.text(int(graph.equation_primitive[owner]))
        return f"{primitive} · {name}" if name else primitive
    outer = int(graph.group_parent[group])
    while outer > 0 and graph.group_kind[outer] != GroupKind.MODULE:
        outer = int(graph.group_parent[outer])
    above = graph.text(int(graph.group_name[outer])) if outer > 0 else ""
    if above and name.startswith(above) and name[len(above) :][:1] in (".", "["):
        name = name[len(above) :].removeprefix(".")
    backward = seen.is_backward[group] and not (outer > 0 and seen.is_backward[outer])
    return _elided(name or "scope", _LONGEST_PATH) + (" · backward" if backward else "")


def shapes_of(graph: Graph, equation: int) -> str:
    """Return the shapes of what an equation makes: "f32[8,3]", "f32[8] +2"."""
    made = graph.outputs_of(equation)
    if not len(made):
        return ""
    first = graph.text(int(graph.value_aval[made[0]]))
    return first if len(made) == 1 else f"{first} +{len(made) - 1}"


def source_of(graph: Graph, equation: int) -> str:
    """Return the user's line of an equation: "model.py:14", or "" where none is known."""
    source = int(graph.equation_source[equation])
    if source < 0:
        return ""
    file = os.path.basename(graph.text(int(graph.source_file[source])))
    line = int(graph.source_line[source])
    return f"{file}:{line}" if line > 0 else file


def value_name(graph: Graph, value: int) -> str:
    """Return a short name of a value: an argument's path, a literal's number, else who makes it."""
    origin = graph.value_origin[value]
    aval = graph.text(int(graph.value_aval[value]))
    if origin == ValueOrigin.LITERAL:
        return _literal(aval.rsplit(":", 1)[0])
    if path := graph.text(int(graph.value_path[value])):
        return _ending(path)
    if origin == ValueOrigin.CONSTANT:
        return f"constant {aval}"
    producer = int(graph.value_producer[value])
    return equation_title(graph, producer) if producer >= 0 else f"argument {aval}"


def _operands(graph: Graph, seen: VisibleGraph, box: int) -> list[str]:
    """Return the rows of the values folded into `box`; a folded group just counts them."""
    values = seen.reads(box)
    if not len(values):
        return []
    if seen.box_kind[box] == BoxKind.OUTPUT:
        return [f"= {value_name(graph, int(v))}" for v in values]
    origin = graph.value_origin[values]
    arguments: list[int] = values[origin == ValueOrigin.ARGUMENT].tolist()
    literals: list[int] = values[origin == ValueOrigin.LITERAL].tolist()
    constants: list[int] = values[origin == ValueOrigin.CONSTANT].tolist()
    if seen.box_kind[box] == BoxKind.GROUP and len(arguments) > _MOST_ROWS:
        return [f"{len(arguments)} arguments"]
    if seen.box_kind[box] == BoxKind.GROUP or len(literals) > _MOST_ROWS:
        literals = []
    rows = [value_name(graph, v) for v in [*arguments, *constants]]
    if seen.box_kind[box] == BoxKind.GROUP:
        path = graph.text(int(graph.group_name[seen.box_item[box]]))
        names = [graph.text(int(graph.value_path[v])) for v in arguments]
        rows[: len(names)] = [_ending(name.removeprefix(path)) for name in names]
    return rows + ([", ".join(value_name(graph, v) for v in literals)] if literals else [])


def _results(graph: Graph, seen: VisibleGraph, box: int) -> list[str]:
    outputs = [int(i) for i in seen.writes(box)]
    if len(outputs) > _MOST_ROWS:
        return [f"→ {len(outputs)} results"]
    names = [graph.text(int(graph.output_names[i])) for i in outputs]
    return [f"→ {_ending(name)}" for name in names]


def _far_ends(
    graph: Graph, seen: VisibleGraph
) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """Return the rows that stand for long edges: what comes from afar, how many go far."""
    far_in: dict[int, list[str]] = {}
    goes: dict[int, int] = {}
    comes: dict[int, int] = {}
    for edge in np.flatnonzero(seen.edge_far):
        tail, head = int(seen.edge_from[edge]), int(seen.edge_to[edge])
        comes[head] = comes.get(head, 0) + 1
        name = value_name(graph, int(seen.edge_value[edge]))
        aval = graph.text(int(graph.value_aval[seen.edge_value[edge]]))
        far_in.setdefault(head, []).append(f"↑ {name}" if aval in name else f"↑ {name}  {aval}")
        goes[tail] = goes.get(tail, 0) + 1
    for box, n in comes.items():
        if seen.box_kind[box] == BoxKind.GROUP and n > 1:
            far_in[box] = [f"↑ {n} from afar"]
    far_out = {b: [f"↓ {n} far reader{'s' * (n > 1)}"] for b, n in goes.items()}
    return far_in, far_out


def _capped(rows: list[str]) -> list[str]:
    if len(rows) <= _MOST_ROWS:
        return rows
    return [*rows[: _MOST_ROWS - 1], f"+{len(rows) - _MOST_ROWS + 1} more"]


def _nested_counts(graph: Graph, seen: VisibleGraph, sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many equations are folded into each equation."""
    nested = np.flatnonzero(graph.group_owner >= 0)
    counts = np.zeros(len(graph), np.int64)
    np.add.at(counts, graph.group_owner[nested], sizes[nested])
    opened = graph.group_owner[seen.frame_group]
    counts[opened[opened >= 0]] = 0
    return counts


def _group_kinds(graph: Graph) -> list[int]:
    """Return the hue of each group: the weightiest kind among its equations."""
    n_groups, n_kinds = len(graph.group_parent), len(EquationKind)
    counts = np.zeros((n_groups, n_kinds), np.int64)
    np.add.at(counts, (graph.equation_group, graph.equation_kind), 1)
    for group in range(n_groups - 1, 0, -1):
        counts[graph.group_parent[group]] += counts[group]
    if n_groups and counts.size:
        # Where there is a matmul at all it is what a group is about.
        counts[:, EquationKind.MATMUL] *= n_kinds * int(counts.max(initial=1))
        counts[:, EquationKind.MOVE] //= 4
    return [int(k) for k in counts.argmax(axis=1)]


def _times(title: str, seen: VisibleGraph, group: int) -> str:
    """Return the title of a group that may stand for several."""
    n = int(seen.group_times[group])
    return f"{title} × {_number(n)}" if n > 1 else title


def _holds(n: int, times: int) -> str:
    return f"{_number(times)} × {_equations(n)}" if times > 1 else _equations(n)


def _equations(n: int) -> str:
    return "1 equation" if n == 1 else f"{_number(n)} equations"


def _number(n: int) -> str:
    return f"{n:,}"


def _literal(text: str) -> str:
    """Return a literal as short as it can be told apart: 0.9 for 0.8999999761581421."""
    try:
        short = f"{float(text):.6g}"
    except ValueError:
        return _elided(text, _LONGEST_LITERAL)
    if text.lstrip("-").isdigit():
        return text
    return short if not short.lstrip("-").isdigit() else f"{short}.0"


def _ending(path: str) -> str:
    """Return the end of a path that is too long, from one of its names on."""
    if len(path) <= _LONGEST_PATH:
        return path
    cut = len(path) - _LONGEST_PATH + 1
    starts = [i for i in (path.find(".", cut), path.find("[", cut)) if i >= 0]
    return "…" + path[min(starts, default=cut) :].removeprefix(".")


def _elided(text: str, limit: int) -> str:
    """Return `text` with its middle left out, at most `limit` long."""
    if len(text) <= limit:
        return text
    head = limit // 3
    return f"{text[:head]}…{text[head - limit + 1 :]}"
