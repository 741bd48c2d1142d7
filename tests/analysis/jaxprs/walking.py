"""A jaxpr as nested tuples, twice: walked plainly, and put together again from a graph's columns.

A jaxpr is (types of constants, types of arguments, equations, results); an equation is (primitive,
inputs, types of outputs, whether it has effects, nested jaxprs). Inputs and results say where they
come from: ("constant", n), ("argument", n), ("equation", n, output), ("literal", text, type).
"""

from typing import Any

import jax.extend.core
import numpy as np

from eqxviz.records import EquationFlag, Graph, GroupKind, ValueOrigin

Jaxprs = (jax.extend.core.Jaxpr, jax.extend.core.ClosedJaxpr)
# Their jaxprs say how two elements are combined.
COMBINING = ("scatter", "reduce", "select_and_", "arg", "sort", "cum")


def walked(jaxpr: Any) -> tuple[Any, ...]:
    """Return a `Jaxpr` or `ClosedJaxpr` as tuples."""
    jaxpr = getattr(jaxpr, "jaxpr", jaxpr)
    origin: dict[Any, tuple[Any, ...]] = {}
    origin |= {v: ("constant", i) for i, v in enumerate(jaxpr.constvars)}
    origin |= {v: ("argument", i) for i, v in enumerate(jaxpr.invars)}

    def where(var: Any) -> tuple[Any, ...]:
        if isinstance(var, jax.extend.core.Literal):
            return ("literal", literal_text(var), type_text(var))
        return origin[var]

    equations: list[Any] = []
    for n, equation in enumerate(jaxpr.eqns):
        name = equation.primitive.name
        inputs = [where(var) for var in equation.invars]
        origin |= {var: ("equation", n, i) for i, var in enumerate(equation.outvars)}
        nested: list[Any] = []
        if not name.startswith(COMBINING):
            for value in equation.params.values():
                parts = value if isinstance(value, (tuple, list)) else [value]
                nested += [walked(part) for part in parts if isinstance(part, Jaxprs)]
        outputs = [type_text(var) for var in equation.outvars]
        equations.append((name, inputs, outputs, bool(equation.effects), nested))
    types = [[type_text(v) for v in variables] for variables in (jaxpr.constvars, jaxpr.invars)]
    return (*types, equations, [where(var) for var in jaxpr.outvars])


def literal_text(literal: Any) -> str:
    """Return the number of a literal, as it is shown: cut after forty characters."""
    text = str(np.asarray(literal.val).item())
    return text if len(text) <= 40 else text[:39] + "…"


def type_text(var: Any) -> str:
    return var.aval.str_short(short_dtypes=True)


def rebuilt(graph: Graph, group: int = 0) -> tuple[Any, ...]:
    """Return the jaxpr of a group as tuples, from the columns alone."""
    equations = equations_of(graph, group)
    taken = graph.taken_by(group).tolist()
    constants = [v for v in taken if graph.value_origin[v] == ValueOrigin.CONSTANT]
    arguments = [v for v in taken if graph.value_origin[v] == ValueOrigin.ARGUMENT]
    assert taken == constants + arguments

    def where(value: int) -> tuple[Any, ...]:
        origin = graph.value_origin[value]
        text = graph.text(int(graph.value_aval[value]))
        if origin == ValueOrigin.LITERAL:
            return ("literal", text.rpartition(":")[0], text.rpartition(":")[2])
        if origin == ValueOrigin.EQUATION:
            producer = int(graph.value_producer[value])
            outputs = graph.outputs_of(producer).tolist()
            # A result returned twice is a second value of the equation that makes it.
            twin = [v for v in outputs if graph.value_aval[v] == graph.value_aval[value]]
            nth = outputs.index(value) if value in outputs else outputs.index(twin[0])
            return ("equation", equations.index(producer), nth)
        rows = constants if origin == ValueOrigin.CONSTANT else arguments
        return (ValueOrigin(origin).name.lower(), rows.index(value))

    def types(values: Any) -> list[str]:
        return [graph.text(int(graph.value_aval[v])) for v in values]

    rows = [
        (
            graph.text(int(graph.equation_primitive[e])),
            [where(v) for v in graph.inputs_of(e).tolist()],
            types(graph.outputs_of(e)),
            bool(graph.equation_flags[e] & EquationFlag.EFFECT),
            [rebuilt(graph, g) for g in np.flatnonzero(graph.group_owner == e).tolist()],
        )
        for e in equations
    ]
    returned = [where(v) for v in graph.returned_by(group).tolist()]
    return (types(constants), types(arguments), rows, returned)


def jaxpr_of(graph: Graph, group: int) -> int:
    """Return the nested jaxpr, or the root, that a group is part of."""
    while graph.group_kind[group] not in (GroupKind.JAXPR, GroupKind.ROOT):
        group = int(graph.group_parent[group])
    return group


def equations_of(graph: Graph, jaxpr: int) -> list[int]:
    """Return the equations right in the jaxpr of a group."""
    owners = [jaxpr_of(graph, group) for group in range(len(graph.group_parent))]
    return np.flatnonzero(np.array(owners)[graph.equation_group] == jaxpr).tolist()
