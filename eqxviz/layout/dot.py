"""Layout of one level by Graphviz, in a process that can be stopped."""

import importlib
import math
import shutil
import subprocess
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eqxviz.layout.level_plan import (
    NODE_GAP,
    RANK_GAP,
    Floats,
    LevelLayout,
    Plan,
    upright_chain,
)

# graphviz ships partial types: imported by name, so that a strict checker takes it as Any.
_graphviz: Any = importlib.import_module("graphviz")
_POINTS = 72.0  # Graphviz counts in inches; one unit of ours is one point
_POLL_SECONDS = 0.05
_CLEAR = 4.0  # kept free at both sides of a plain curve


class DotError(Exception):
    """Raised when `dot` is not installed, took too long or could not lay out the level."""


def lay_out_with_dot(plan: Plan, timeout: float, cancelled: Callable[[], bool]) -> LevelLayout:
    """Return the layout of `plan` that `dot` makes.

    Raises:
        DotError: If there is no `dot`, if it needs more than `timeout` seconds or fails, or
            if `cancelled()` turns true meanwhile. Its process is gone then.
    """
    program = shutil.which("dot")
    if program is None:
        raise DotError("the program `dot` (Graphviz) is not on the PATH")
    answer = _run([program, "-Tplain"], _source(plan), timeout, cancelled)
    return _parsed(answer, plan)


def _source(plan: Plan) -> str:
    """Return the level in the DOT language. It holds numbers only: no text of the user's."""
    graph = _graphviz.Digraph(
        graph_attr={
            "nodesep": f"{NODE_GAP / _POINTS:.4f}",
            "ranksep": f"{RANK_GAP / _POINTS:.4f}",
        },
        node_attr={"shape": "box", "fixedsize": "true", "label": "", "margin": "0"},
        edge_attr={"arrowhead": "none"},
    )
    for side, where in ((1, "source"), (2, "sink")):
        with graph.subgraph() as ports:
            ports.attr(rank=where)
            for node in np.flatnonzero(plan.sides == side).tolist():
                ports.node(f"n{node}", shape="point", width="0.01", height="0.01")
    shifted = _shifts(plan)
    for node in np.flatnonzero(plan.sides == 0).tolist():
        width, height = plan.sizes[node] / _POINTS
        label = _with_ports(plan.sizes[node], *shifted[node]) if node in shifted else ""
        graph.node(f"n{node}", label=label, width=f"{width:.4f}", height=f"{height:.4f}")
    for edge, (tail, head) in enumerate(plan.edges):
        start = f":b{_place(plan.tail_shift[edge])}:s" if tail in shifted else ":s"
        stop = f":t{_place(plan.head_shift[edge])}:n" if head in shifted else ":n"
        graph.edge(
            f"n{tail}{start}",
            f"n{head}{stop}",
            color=f"#{edge:06x}",  # its number: the one text of an edge that comes back
        )
    return graph.source


def _place(shift: float) -> str:
    """Return a port's name for a shift: a name holds no sign."""
    return f"{'m' if shift < 0 else 'p'}{abs(round(shift))}"


def _shifts(plan: Plan) -> dict[int, tuple[list[int], list[int]]]:
    """Return the whole-unit shifts of the edges at the top and at the bottom of framed nodes."""
    tops: dict[int, set[int]] = {}
    bottoms: dict[int, set[int]] = {}
    for edge, (tail, head) in enumerate(plan.edges):
        bottoms.setdefault(int(tail), set()).add(round(float(plan.tail_shift[edge])))
        tops.setdefault(int(head), set()).add(round(float(plan.head_shift[edge])))
    nodes = {n for n, s in [*tops.items(), *bottoms.items()] if s != {0} and plan.sides[n] == 0}
    return {n: (sorted(tops.get(n, ())), sorted(bottoms.get(n, ()))) for n in nodes}


def _with_ports(size: Floats, tops: list[int], bottoms: list[int]) -> str:
    """Return a table as wide and high as `size`, with a cell one unit wide at each shift."""
    width, height = round(float(size[0])), round(float(size[1]))

    def row(shifts: list[int], prefix: str) -> str:
        cells: list[str] = []
        at = 0
        for shift in shifts:
            start = min(max(round(width / 2 + shift), at), width - 1)
            if start > at:
                cells.append(_cell(start - at, 1))
            cells.append(_cell(1, 1, f' PORT="{prefix}{_place(shift)}"'))
            at = start + 1
        if at < width:
            cells.append(_cell(width - at, 1))
        fixed = f'FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="1" BORDER="0"'
        return f"<TR><TD {fixed}>{_table(cells)}</TD></TR>"

    middle = f"<TR>{_cell(width, max(height - 2, 1))}</TR>"
    rows = row(tops, "t") + middle + row(bottoms, "b")
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{rows}</TABLE>>'


def _table(cells: list[str]) -> str:
    attributes = 'BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"'
    return f"<TABLE {attributes}><TR>{''.join(cells)}</TR></TABLE>"


def _cell(width: int, height: int, more: str = "") -> str:
    return f'<TD FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{height}"{more}></TD>'


def _run(command: list[str], text: str, timeout: float, cancelled: Callable[[], bool]) -> str:
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    deadline = time.monotonic() + timeout
    sent: str | None = text
    try:
        while True:
            try:
                out, errors = process.communicate(sent, timeout=_POLL_SECONDS)
            except subprocess.TimeoutExpired:
                sent = None
                if cancelled():
                    raise DotError("the layout was cancelled") from None
                if time.monotonic() > deadline:
                    raise DotError(f"`dot` needed more than {timeout:g} s") from None
                continue
            if process.returncode:
                raise DotError(f"`dot` ended with {process.returncode}: {errors.strip()}")
            return out
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def _parsed(answer: str, plan: Plan) -> LevelLayout:
    """Return the layout in an answer of `dot -Tplain`: one line a node and one an edge."""
    centres = np.full((len(plan.sizes), 2), math.nan)
    curves: list[Floats | None] = [None] * len(plan.edges)
    width = height = 0.0
    for line in answer.splitlines():
        words = line.split()
        if words[0] == "graph":
            width, height = float(words[2]) * _POINTS, float(words[3]) * _POINTS
        elif words[0] == "node":
            centres[int(words[1][1:])] = _upright(words[2:4], height)[0]
        elif words[0] == "edge":
            n_points = int(words[3])
            points = _upright(words[4 : 4 + 2 * n_points], height)
            curves[int(words[-1].strip('"#'), 16)] = points
    found = [curve for curve in curves if curve is not None]
    if len(found) < len(curves) or bool(np.isnan(centres).any()):
        raise DotError("the answer of `dot` lacks nodes or edges of the level")
    return LevelLayout(centres, _straightened(plan, centres, found), (width, height))


def _straightened(plan: Plan, centres: Floats, curves: list[Floats]) -> list[Floats]:
    """Return `curves` with a plain S where nothing is in the way: calmer than the spline."""
    low, high = centres - plan.sizes / 2, centres + plan.sizes / 2
    made: list[Floats] = []
    for (tail, head), curve in zip(plan.edges.tolist(), curves, strict=True):
        start, stop = curve[0], curve[-1]
        left, right = min(start[0], stop[0]) - _CLEAR, max(start[0], stop[0]) + _CLEAR
        # Near its ends an S is still almost upright: what reaches in there is not in its way.
        ends = min((stop[1] - start[1]) / 4, RANK_GAP / 2)
        meets = (low[:, 0] < right) & (high[:, 0] > left)
        meets &= (low[:, 1] < stop[1] - ends) & (high[:, 1] > start[1] + ends)
        meets[[tail, head]] = False
        clear = stop[1] > start[1] and not meets.any()
        made.append(upright_chain(np.stack([start, stop])) if clear else curve)
    return made


def _upright(words: list[str], height: float) -> NDArray[np.float64]:
    """Return coordinates in units, with y growing downwards."""
    points = np.array(words, np.float64).reshape(-1, 2) * _POINTS
    points[:, 1] = height - points[:, 1]
    return points
