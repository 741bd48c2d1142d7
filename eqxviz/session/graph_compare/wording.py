"""A difference of two graphs in words, as text and as plain data."""

import math
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from eqxviz.records import Graph
from eqxviz.session import formatting
from eqxviz.session.graph_compare.changes import Change
from eqxviz.session.graph_compare.difference import Cost, GraphDifference, Status
from eqxviz.session.graph_compare.telling import (
    dtype_steps,
    kinds_of,
    path_of,
    primitive_of,
    sides_of,
)

_MOST_STEPS = 3
_WIDEST = 48


def summary(difference: GraphDifference) -> str:
    """Return all in a sentence or two: what changed how often, what it costs, which loops."""
    return " ".join([f"{counts_text(difference)}.", *loop_texts(difference), cost_text(difference)])


def counts_text(difference: GraphDifference) -> str:
    """Return "312 equations changed dtype f32 → bf16, 2 changed otherwise, 12 added; 40 same"."""
    n_same = difference.count(Status.SAME)
    if difference.is_empty:
        n_moved = int(np.count_nonzero(difference.changes))
        lines = f", {n_moved:,} of them on other lines" if n_moved else ""
        return f"Nothing differs: {_equations(n_same)} the same{lines}"
    steps = dtype_steps(difference)
    said = [
        f"{_equations(n) if not at else f'{n:,}'} changed dtype {old} → {new}"
        for at, (old, new, n) in enumerate(steps[:_MOST_STEPS])
    ]
    is_loop = (difference.changes & Change.LOOP) > 0
    n_changed = difference.count(Status.CHANGED) - int(np.count_nonzero(is_loop))
    n_others = n_changed - sum(n for _, _, n in steps[:_MOST_STEPS])
    if n_others:
        said.append(f"{n_others:,} changed otherwise" if said else f"{n_others:,} changed")
    for status, word in ((Status.ADDED, "added"), (Status.REMOVED, "removed")):
        if n := difference.count(status):
            said.append(f"{n:,} {word}")
    if n_looped := int(np.count_nonzero(is_loop)) - len(difference.loops):
        said.append(f"{n_looped:,} in a loop")
    text = ", ".join(said) or "Nothing else differs"
    return f"{text}; {n_same:,} the same" if n_same else text


def loop_texts(difference: GraphDifference) -> list[str]:
    """Return a sentence for each loop: "12 turns of 31 equations became a scan of length 12."."""
    said: list[str] = []
    for loop in difference.loops:
        n_turns, n_alike = loop.copies.shape
        graph = difference.after if loop.is_after else difference.before
        where = _line(graph, loop.owner)
        scan = f"scan of length {n_turns:,}" + (f" ({where})" if where else "")
        turns = f"{n_turns:,} turns of {_equations(n_alike)}"
        said.append(
            f"{turns} became one {scan}." if loop.is_after else f"A {scan} was unrolled: {turns}."
        )
    return said


def cost_text(difference: GraphDifference) -> str:
    """Return "FLOPs 1.2 M → 4.8 M (× 4), bytes 3 kB → 11 kB (× 3.4)."."""
    cost = difference.cost
    flops = _step("FLOPs", cost.flops, lambda n: formatting.flops(n).removesuffix("FLOPs").strip())
    n_bytes = _step("bytes", cost.n_bytes, lambda n: formatting.n_bytes(round(n)))
    return f"{flops}, {n_bytes}."


def _step(name: str, both: tuple[float, float], write: Callable[[float], str]) -> str:
    before, after = both
    if math.isnan(before) or math.isnan(after):
        texts = ["unknown" if math.isnan(n) else write(n) for n in both]
        return f"{name} {texts[0]} → {texts[1]}" if texts[0] != texts[1] else f"{name} unknown"
    if before == after:
        return f"{name} unchanged ({write(before)})"
    factor = f" ({ratio(before, after)})" if before > 0 and after > 0 else ""
    return f"{name} {write(before)} → {write(after)}{factor}"


def ratio(before: float, after: float) -> str:
    """Return how much more or less it is: "+3.2 %", "× 4", "÷ 2.5"."""
    if after >= 2 * before:
        return f"× {after / before:.3g}"
    if before >= 2 * after:
        return f"÷ {before / after:.3g}"
    return f"{(after / before - 1) * 100:+.2g} %".replace("-", "−")


def difference_text(difference: GraphDifference) -> Iterator[str]:
    """Yield a line for each row that differs, then the summary."""
    rows = np.flatnonzero(difference.status != Status.SAME).tolist()
    places = [_place(difference, row) for row in rows]
    width = min(max(map(len, places), default=0), _WIDEST)
    for row, place in zip(rows, places, strict=True):
        kinds = kinds_of(difference, row)
        words = f"{kinds[0].glyph} {', '.join(kind.word for kind in kinds)}"
        before, after = sides_of(difference, row)
        told = before or after if before == after or not (before and after) else ""
        yield f"{words:<18}  {place:<{width}}  {told or f'{before} → {after}'}".rstrip() + "\n"
    yield f"{summary(difference)}\n"


def difference_data(difference: GraphDifference) -> dict[str, Any]:
    """Return the difference as what JSON can say; what is not known is null."""
    counts = {status.name.lower(): difference.count(status) for status in Status}
    rows = np.flatnonzero(difference.status != Status.SAME).tolist()
    return {
        "before": difference.before.title,
        "after": difference.after.title,
        "summary": summary(difference),
        "counts": counts,
        "cost": _cost_data(difference.cost),
        "dtypes": [
            {"before": old, "after": new, "equations": n} for old, new, n in dtype_steps(difference)
        ],
        "loops": [
            {
                "scan": "after" if loop.is_after else "before",
                "equation": loop.owner,
                "length": len(loop.copies),
                "body": loop.body.tolist(),
                "turns": loop.copies.tolist(),
            }
            for loop in difference.loops
        ],
        "differences": [_row_data(difference, row) for row in rows],
    }


def _row_data(difference: GraphDifference, row: int) -> dict[str, Any]:
    ids = int(difference.before_equation[row]), int(difference.after_equation[row])
    before, after = sides_of(difference, row)
    return {
        "kinds": [kind.name for kind in kinds_of(difference, row)],
        "group": path_of(difference, row),
        "primitive": primitive_of(difference, row),
        "before": {"equation": ids[0], "text": before} if ids[0] >= 0 else None,
        "after": {"equation": ids[1], "text": after} if ids[1] >= 0 else None,
        "flops": _known(difference.flops_change[row]),
        "bytes": _known(difference.bytes_change[row]),
    }


def _cost_data(cost: Cost) -> dict[str, list[float | None]]:
    return {
        "flops": [_known(n) for n in cost.flops],
        "bytes": [_known(n) for n in cost.n_bytes],
    }


def _known(number: float) -> float | None:
    return float(number) if math.isfinite(number) else None


def _place(difference: GraphDifference, row: int) -> str:
    path = path_of(difference, row)
    primitive = primitive_of(difference, row)
    return f"{path} › {primitive}" if path else primitive


def _line(graph: Graph, equation: int) -> str:
    source = int(graph.equation_source[equation])
    if source < 0:
        return ""
    file = os.path.basename(graph.text(int(graph.source_file[source])))
    return f"{file}:{int(graph.source_line[source])}"


def _equations(n: int) -> str:
    return "1 equation" if n == 1 else f"{n:,} equations"
