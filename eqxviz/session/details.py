"""Everything known about the selection, as rows of label, text and link."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eqxviz.records import (
    EquationFlag,
    EquationKind,
    Graph,
    ModelTree,
    NodeFlag,
    ValueOrigin,
)
from eqxviz.session import formatting
from eqxviz.session.facts import Fact
from eqxviz.session.filtering import mark_of
from eqxviz.session.marks import MARKS
from eqxviz.session.paths import VARIABLES
from eqxviz.session.related import gradient_facts, sharing_facts, state_facts
from eqxviz.session.run_view import RunView
from eqxviz.session.selection import Selection
from eqxviz.session.xray import XRay


@dataclass(frozen=True)
class Details:
    """What the Details view shows for one selection."""

    title: str = ""
    note: str = ""
    facts: tuple[Fact, ...] = ()


_FLAG_WORDS = {
    NodeFlag.WEAK_TYPE: "weakly typed: it takes the dtype of what it meets",
    NodeFlag.NUMPY: "a NumPy array: moved to the device at each call",
    NodeFlag.PRNG_KEY: "a PRNG key",
    NodeFlag.DELETED: "deleted: its buffer was donated or freed",
    NodeFlag.ABSTRACT: "a shape only, with no values",
    NodeFlag.REFUSED: "a NumPy array without numbers: JAX refuses it",
}
_MOST_LINKS = 8


def node_details(tree: ModelTree, node: int, xray: XRay | None = None) -> Details:
    """Return what is known about a node of the open model."""
    xray = xray or XRay(tree)
    mark = mark_of(tree, node)
    facts = [Fact("Filter", MARKS[mark].word, mark=mark)] if mark else []
    if problem := tree.problem(node):
        facts.append(Fact("Problem", problem))
    if tree.path(node):  # what holds several variables is no object of the user
        facts += _type_facts(tree, int(tree.type[node]))
    leaf = int(tree.leaf[node])
    if leaf >= 0:
        facts.append(Fact("Value", tree.strings[int(tree.leaf_summary[leaf])], is_mono=True))
        if sharding := tree.strings[int(tree.leaf_sharding[leaf])]:
            facts.append(Fact("Device", sharding))
    if (shape := tree.shape(node)) is not None:
        facts.append(Fact("Shape", " × ".join(str(n) for n in shape) or "none: a scalar"))
    if tree.n_children[node]:
        facts.append(Fact("Leaves", formatting.count(int(tree.n_leaves[node]))))
    if tree.n_params[node]:
        facts.append(Fact("Parameters", f"{int(tree.n_params[node]):,}"))
        facts.append(Fact("Memory", formatting.n_bytes(int(tree.n_bytes[node]))))
    flags = int(tree.flags[node])
    facts += [Fact("Note", words) for flag, words in _FLAG_WORDS.items() if flags & flag]
    facts += (*state_facts(tree, node), *gradient_facts(xray, node), *sharing_facts(tree, node))
    note = _filter_note(xray, node) if mark else ""
    return Details(tree.path(node) or VARIABLES, note, tuple(facts))


def equation_details(graph: Graph, tab: str, equation: int) -> Details:
    """Return what is known about an equation of `graph`, which the tab called `tab` shows."""
    source = int(graph.equation_source[equation])
    backward = int(graph.equation_flags[equation]) & EquationFlag.BACKWARD
    kind = EquationKind(int(graph.equation_kind[equation])).name.lower()
    facts = [Fact("Kind", f"{kind}, backward pass" if backward else kind)]
    if source >= 0:
        file, line = graph.text(graph.source_file[source]), int(graph.source_line[source])
        place = f"{Path(file).name}:{line} in {graph.text(graph.source_function[source])}"
        facts.append(Fact("Source", place, Selection(kind="source", file=file, line=line)))
    if group := _group_path(graph, int(graph.equation_group[equation])):
        facts.append(Fact("In", group, is_mono=True))
    values = (("Reads", graph.inputs_of(equation)), ("Makes", graph.outputs_of(equation)))
    for label, ids in values:
        for value in ids[:_MOST_LINKS]:
            facts.append(_value_fact(graph, tab, label, int(value)))
        if len(ids) > _MOST_LINKS:
            facts.append(Fact(label, f"and {len(ids) - _MOST_LINKS} more"))
    if params := graph.text(graph.equation_params[equation]):
        facts.append(Fact("Parameters", params, is_mono=True))
    return Details(graph.text(graph.equation_primitive[equation]), "", tuple(facts))


def function_details(run: RunView, function: int) -> Details:
    """Return what is known about a jitted function of the run."""
    seen = run.functions[function]
    facts = [
        Fact("Jitted by", str(seen.flavour)),
        Fact(
            "Source",
            f"{Path(seen.file).name}:{seen.line}",
            Selection(kind="source", file=seen.file, line=seen.line),
        ),
    ]
    totals = run.totals
    if totals is not None and len(at := np.flatnonzero(totals.function == function)):
        row = int(at[0])
        calls, spent = int(totals.calls[row]), float(totals.seconds[row])
        facts.append(Fact("Calls", f"{calls:,}"))
        facts.append(Fact("Time in calls", formatting.seconds(spent)))
    compiles = [c for c in run.compiles if c.function == function]
    facts.append(Fact("Compiled", f"{len(compiles)} ×"))
    for stage in ("trace", "lower", "compile"):
        spent = sum(float(getattr(c, f"{stage}_seconds")) for c in compiles)
        facts.append(Fact(stage.capitalize(), formatting.seconds(spent)))
    return Details(seen.name, "", tuple(facts))


def _filter_note(xray: XRay, node: int) -> str:
    """Return why filtering sees a leaf as it does; what it is stands there once."""
    jit, differentiated = (xray.state(node, column).why for column in ("jit", "differentiated"))
    what = jit.partition(": ")[0] + ": "
    if differentiated == jit:
        return jit
    more = differentiated.removeprefix(what)
    if more != differentiated and not more.startswith("filter_"):
        more = more[:1].upper() + more[1:]
    return f"{jit} {more}"


def _type_facts(tree: ModelTree, kind: int) -> list[Fact]:
    if kind < 0:
        return []
    module = tree.strings[int(tree.type_module[kind])]
    name = tree.strings[int(tree.type_name[kind])]
    file, line = tree.strings[int(tree.type_file[kind])], int(tree.type_line[kind])
    link = Selection(kind="source", file=file, line=line) if file and line else None
    return [Fact("Type", f"{module}.{name}" if module not in ("", "builtins") else name, link)]


def _group_path(graph: Graph, group: int) -> str:
    names: list[str] = []
    while group > 0:
        names.append(graph.text(graph.group_name[group]))
        group = int(graph.group_parent[group])
    return " › ".join(reversed(names))


def _value_fact(graph: Graph, tab: str, label: str, value: int) -> Fact:
    aval = graph.text(graph.value_aval[value])
    path = graph.text(graph.value_path[value])
    producer = int(graph.value_producer[value])
    if path:
        return Fact(label, f"{path}  {aval}", is_mono=True)
    if label == "Reads" and producer >= 0:
        primitive = graph.text(graph.equation_primitive[producer])
        link = Selection(kind="equation", graph=tab, equation=producer)
        return Fact(label, f"{aval} from {primitive}", link, is_mono=True)
    if int(graph.value_origin[value]) == ValueOrigin.CONSTANT:
        return Fact(label, f"constant  {aval}", is_mono=True)
    return Fact(label, aval, is_mono=True)
