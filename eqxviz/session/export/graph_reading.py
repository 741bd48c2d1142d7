"""A graph read back from the JSON that was written of it."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import (
    CodecError,
    EquationFlag,
    EquationKind,
    Graph,
    GroupKind,
    Problem,
    Severity,
    ValueOrigin,
)
from eqxviz.records.columns import Interner

_FLAGS = {
    "backward": EquationFlag.BACKWARD,
    "effect": EquationFlag.EFFECT,
    "unknown_cost": EquationFlag.UNKNOWN_COST,
}
_Rows = Sequence[dict[str, Any]]
# What reading JSON of another shape raises.
_MALFORMED = (AttributeError, LookupError, TypeError, ValueError, OverflowError)


def saved_graph(path: Path) -> Graph | Problem:
    """Return the graph that was written to `path` as JSON, or why it cannot be read."""
    try:
        return graph_from_data(json.loads(path.read_bytes()))
    except OSError as error:
        why, fix = error.strerror or str(error), "Check the path."
    except (*_MALFORMED, RecursionError, CodecError) as error:
        why = f"It is no graph as it is written by -o: {type(error).__name__}: {error}"
        fix = "Write it anew: eqxviz graph FILE.py:FUNCTION -o OUT.json"
    title = f"{path.name} cannot be read as a graph"
    return Problem("no-graph", Severity.ERROR, title, why, fix, str(path))


def graph_from_data(data: dict[str, Any]) -> Graph:
    """Return the graph of which `data` is the JSON, the inverse of `graph_data`.

    Raises:
        AttributeError, LookupError, TypeError, ValueError, OverflowError: If something in it is
            missing, or is of another type.
        CodecError: If its rows do not fit together.
    """
    text = Interner()
    groups, equations, values = data["groups"], data["equations"], data["values"]
    sources, outputs = data["sources"], data["outputs"]
    kinds = [GroupKind[row["kind"].upper()] for row in groups]
    flags = [sum(flag for name, flag in _FLAGS.items() if row.get(name)) for row in equations]
    n_in, n_out = ([len(row[name]) for row in equations] for name in ("inputs", "outputs"))
    n_takes, n_returns = ([len(row.get(n, ())) for row in groups] for n in ("takes", "returns"))

    def texts(rows: _Rows, name: str) -> NDArray[np.int32]:
        return np.array([text(row[name]) for row in rows], np.int32)

    graph = Graph(
        title=data["title"],
        inputs=data["inputs"],
        group_parent=_ids(groups, "parent"),
        group_kind=np.array(kinds, np.uint8),
        group_name=texts(groups, "name"),
        group_owner=_ids(groups, "owner"),
        group_repeats=_numbers(groups, "repeats"),
        group_same_as=_ids(groups, "same_as"),
        group_in_offset=_offsets(n_takes),
        group_in_value=_joined(groups, "takes"),
        group_out_offset=_offsets(n_returns),
        group_out_value=_joined(groups, "returns"),
        equation_group=_ids(equations, "group"),
        equation_primitive=texts(equations, "primitive"),
        equation_kind=np.array([EquationKind[r["kind"].upper()] for r in equations], np.uint8),
        equation_flags=np.array(flags, np.uint8),
        equation_source=_ids(equations, "source"),
        equation_params=texts(equations, "parameters"),
        equation_flops=_numbers(equations, "flops"),
        equation_bytes=_numbers(equations, "bytes"),
        in_offset=_offsets(n_in),
        in_value=_joined(equations, "inputs"),
        out_offset=_offsets(n_out),
        out_value=_joined(equations, "outputs"),
        value_producer=_ids(values, "producer"),
        value_origin=np.array([ValueOrigin[row["origin"].upper()] for row in values], np.uint8),
        value_aval=texts(values, "type"),
        value_dtype=texts(values, "dtype"),
        value_bytes=_numbers(values, "bytes"),
        value_path=np.array([text(r["path"]) if r["path"] else -1 for r in values], np.int32),
        value_outer=_ids(values, "outer"),
        source_file=texts(sources, "file"),
        source_line=np.array([row["line"] for row in sources], np.int32),
        source_function=texts(sources, "function"),
        outputs=_ids(outputs, "value"),
        output_names=texts(outputs, "name"),
        strings=text.strings(),
    )
    graph.check()
    return graph


def _ids(rows: _Rows, name: str) -> NDArray[np.int32]:
    return np.array([-1 if row[name] is None else row[name] for row in rows], np.int32)


def _numbers(rows: _Rows, name: str) -> NDArray[np.float64]:
    return np.array([math.nan if row[name] is None else row[name] for row in rows], np.float64)


def _offsets(lengths: Sequence[int]) -> NDArray[np.uint32]:
    return np.cumsum([0, *lengths]).astype(np.uint32)


def _joined(rows: _Rows, name: str) -> NDArray[np.int32]:
    return np.array([value for row in rows for value in row.get(name, ())], np.int32)
