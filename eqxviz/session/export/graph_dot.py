"""A graph in the DOT language, for Graphviz and what else reads it."""

from collections.abc import Iterator

import numpy as np

from eqxviz.layout import BoxKind, VisibleGraph, box_texts, frame_texts, visible
from eqxviz.records import EquationKind, Graph

_SHAPES = {BoxKind.ARGUMENT: "oval", BoxKind.OUTPUT: "oval"}
_HEAD = """\
digraph {{
  label={title}; labelloc=t; fontname="sans-serif"; compound=true;
  node [shape=box, style=rounded, fontname="sans-serif", fontsize=11];
  edge [fontname="monospace", fontsize=9, arrowsize=0.6];
"""


def graph_dot(graph: Graph, open_groups: frozenset[int]) -> Iterator[str]:
    """Yield the lines of a digraph: a node for each box, a cluster for each open group.

    Nodes and edges have a `class`: the kind of an equation, the dtype of an array.
    """
    seen = visible(graph, open_groups)
    texts, titles = box_texts(graph, seen), frame_texts(graph, seen)
    yield _HEAD.format(title=_quoted(graph.title))
    inside: dict[int, list[int]] = {}
    for box, frame in enumerate(seen.box_frame.tolist()):
        inside.setdefault(frame, []).append(box)
    below: dict[int, list[int]] = {}
    for frame, parent in enumerate(seen.frame_parent.tolist()):
        if frame:
            below.setdefault(parent, []).append(frame)
    waiting: list[tuple[int, int, bool]] = [(0, 1, False)]  # frames, their depths, and whether over
    while waiting:
        frame, depth, is_over = waiting.pop()
        indent = "  " * depth
        if is_over:
            yield f"{indent[2:]}}}\n"
            continue
        if frame:
            title = titles[frame]
            label = _quoted(f"{title.title}\n{title.detail}" if title.detail else title.title)
            yield f"{indent[2:]}subgraph cluster_{frame} {{\n{indent}label={label};\n"
            waiting.append((frame, depth, True))
        for box in inside.get(frame, ()):
            text = texts[box]
            lines = (f"{text.title}  {text.shape}".strip(), *text.rows, text.source)
            label = _quoted("\n".join(line for line in lines if line))
            shape = _SHAPES.get(BoxKind(int(seen.box_kind[box])), "box")
            kind = EquationKind(text.kind).name.lower()
            yield f'{indent}n{box} [label={label}, shape={shape}, class="{kind}"];\n'
        waiting.extend((child, depth + 1, False) for child in reversed(below.get(frame, ())))
    yield from _edges(graph, seen)
    yield "}\n"


def _edges(graph: Graph, seen: VisibleGraph) -> Iterator[str]:
    counts = np.diff(seen.carried_offset)
    columns = (seen.edge_from, seen.edge_to, seen.edge_value, counts)
    for tail, head, value, count in zip(*(column.tolist() for column in columns), strict=True):
        array = graph.text(int(graph.value_aval[value]))
        label = _quoted(f"{array} +{count - 1}" if count > 1 else array)
        dtype = _quoted(graph.text(int(graph.value_dtype[value])))
        yield f"  n{tail} -> n{head} [label={label}, class={dtype}];\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
