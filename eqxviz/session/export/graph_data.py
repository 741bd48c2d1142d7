"""A graph as JSON, for other programs: everything that its record holds."""

import json
import math
from collections.abc import Iterator
from typing import Any

from eqxviz.records import EquationFlag, EquationKind, Graph, GroupKind, ValueOrigin
from eqxviz.session.graph.costs import graph_costs


def graph_data(graph: Graph) -> Iterator[str]:
    """Yield a JSON object, a row a line.

    `equations`, `values`, `groups` and `sources` are lists, whose rows name one another by their
    places; `null` stands where there is none, or where a number is not known.

    - The head: `title`, `inputs` (what was written for the arguments), `flops` and `bytes` of one
      call.
    - An equation: `primitive`, `kind`, `group`, `inputs` and `outputs` (values), `parameters`,
      `flops` and `bytes` of running it once with all that is nested in it, `source`; `backward`,
      `effect` and `unknown_cost` stand where they are true. Equations of one jaxpr follow one
      another in the order in which they run.
    - A value: `type` ("f32[8,3]", a literal's with its value: "2.0:f32[]"), `dtype`, `bytes`,
      `origin` ("argument", "constant", "literal" or "equation"), `producer` (an equation), `path`
      (what the user calls it) and `outer` (the value outside of a nested jaxpr that it is).
    - A group: `kind` ("root", "module", "scope" or "jaxpr"), `name`, `parent`, `owner` (the
      equation that holds a jaxpr), `repeats` (how often that runs), `same_as` (the first group that
      does the same on other values), and `takes` and `returns` (values) of a jaxpr.
    - A source: `file`, `line` and `function`.
    - `outputs`: what the function returns, each a `value` and its `name` in the result.
    """
    costs = graph_costs(graph)
    head = {
        "title": graph.title,
        "inputs": graph.inputs,
        "flops": _known(costs.flops),
        "bytes": _known(costs.n_bytes),
    }
    yield json.dumps(head, indent=1)[:-2]
    lists = {
        "equations": _equations(graph),
        "values": _values(graph),
        "groups": _groups(graph),
        "sources": _sources(graph),
        "outputs": _outputs(graph),
    }
    for name, rows in lists.items():
        yield f',\n "{name}": ['
        separator = "\n  "
        for row in rows:
            yield separator + json.dumps(row)
            separator = ",\n  "
        yield "\n ]"
    yield "\n}\n"


def _equations(graph: Graph) -> Iterator[dict[str, Any]]:
    flags = (EquationFlag.BACKWARD, EquationFlag.EFFECT, EquationFlag.UNKNOWN_COST)
    names = ("backward", "effect", "unknown_cost")
    for equation in range(len(graph)):
        row: dict[str, Any] = {
            "primitive": graph.text(int(graph.equation_primitive[equation])),
            "kind": EquationKind(int(graph.equation_kind[equation])).name.lower(),
            "group": int(graph.equation_group[equation]),
            "inputs": graph.inputs_of(equation).tolist(),
            "outputs": graph.outputs_of(equation).tolist(),
            "parameters": graph.text(int(graph.equation_params[equation])),
            "flops": _known(float(graph.equation_flops[equation])),
            "bytes": _known(float(graph.equation_bytes[equation])),
            "source": _id(graph.equation_source[equation]),
        }
        said = int(graph.equation_flags[equation])
        yield row | {n: True for n, flag in zip(names, flags, strict=True) if said & flag}


def _values(graph: Graph) -> Iterator[dict[str, Any]]:
    for value in range(len(graph.value_producer)):
        yield {
            "type": graph.text(int(graph.value_aval[value])),
            "dtype": graph.text(int(graph.value_dtype[value])),
            "bytes": _known(float(graph.value_bytes[value])),
            "origin": ValueOrigin(int(graph.value_origin[value])).name.lower(),
            "producer": _id(graph.value_producer[value]),
            "path": graph.text(int(graph.value_path[value])),
            "outer": _id(graph.value_outer[value]),
        }


def _groups(graph: Graph) -> Iterator[dict[str, Any]]:
    for group in range(len(graph.group_parent)):
        row: dict[str, Any] = {
            "kind": GroupKind(int(graph.group_kind[group])).name.lower(),
            "name": graph.text(int(graph.group_name[group])),
            "parent": _id(graph.group_parent[group]),
            "owner": _id(graph.group_owner[group]),
            "repeats": _known(float(graph.group_repeats[group])),
            "same_as": _id(graph.group_same_as[group]),
        }
        if row["kind"] in ("root", "jaxpr"):
            row["takes"] = graph.taken_by(group).tolist()
            row["returns"] = graph.returned_by(group).tolist()
        yield row


def _sources(graph: Graph) -> Iterator[dict[str, Any]]:
    for file, line, function in zip(
        graph.source_file, graph.source_line, graph.source_function, strict=True
    ):
        yield {
            "file": graph.text(int(file)),
            "line": int(line),
            "function": graph.text(int(function)),
        }


def _outputs(graph: Graph) -> Iterator[dict[str, Any]]:
    for value, name in zip(graph.outputs, graph.output_names, strict=True):
        yield {"value": int(value), "name": graph.text(int(name))}


def _id(number: Any) -> int | None:
    return int(number) if number >= 0 else None


def _known(number: float) -> float | None:
    return number if math.isfinite(number) else None
