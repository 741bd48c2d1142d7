"""What is written of a graph: every form says the same graph, folded as it is asked for."""

import json
from pathlib import Path

import numpy as np
import pytest

from eqxviz.records import EquationKind, Graph, GroupKind
from eqxviz.session.export import UnknownFormError
from eqxviz.session.export.graph_writing import (
    GRAPH_TEXT_FORMS,
    graph_form_of,
    opened_to,
    write_graph,
)
from tests.layout.made_graphs import GraphMaker

EVERYTHING = frozenset(range(10))


@pytest.fixture
def graph() -> Graph:
    """A model's layer, in which a jaxpr is nested; a name with a quote and a backslash."""
    maker = GraphMaker('odd "title\\')
    x = maker.argument("x", "f32[8,3]")
    w = maker.argument("model.weight", "f32[3]")
    layer = maker.group(0, GroupKind.MODULE, "model")
    source = ("/home/u/train.py", 7, "loss")
    dot = maker.equation(
        "dot_general", [x, w], group=layer, avals=("f32[8]",), kind=EquationKind.MATMUL,
        source=source, flops=48.0, n_bytes=140.0,
    )  # fmt: skip
    y = maker.made(dot)
    call = maker.equation("jit", [y], group=layer, avals=("f32[8]",), kind=EquationKind.CONTROL)
    z = maker.made(call)
    inside = maker.group(layer, GroupKind.JAXPR, "relu", owner=call)
    inner = maker.inner(y)
    made = maker.made(maker.equation("max", [inner], group=inside, avals=("f32[8]",)))
    maker.bind(made, z)
    maker.jaxpr(inside, [inner], [made])
    maker.output(z, "[0]")
    return maker.graph()


def written(form: str, graph: Graph, opened: frozenset[int] = EVERYTHING) -> str:
    return "".join(GRAPH_TEXT_FORMS[form](graph, opened))


def test_the_json_names_rows_by_their_places(graph: Graph):
    data = json.loads(written("json", graph))
    dot, call, inner = data["equations"]
    assert (dot["primitive"], dot["kind"], dot["flops"], dot["bytes"]) == (
        *("dot_general", "matmul"),
        *(48.0, 140.0),
    )
    assert data["values"][dot["inputs"][1]]["path"] == "model.weight"
    assert data["values"][dot["outputs"][0]]["producer"] == 0
    assert data["sources"][dot["source"]] == {
        "file": "/home/u/train.py",
        "line": 7,
        "function": "loss",
    }
    assert data["groups"][inner["group"]]["owner"] == 1
    assert data["outputs"] == [{"value": call["outputs"][0], "name": "[0]"}]


def test_the_json_holds_every_row_and_no_number_that_is_not_known(graph: Graph):
    text = written("json", graph)
    data = json.loads(text)
    assert len(data["equations"]) == len(graph)
    assert len(data["values"]) == len(graph.value_producer)
    assert len(data["groups"]) == len(graph.group_parent)
    assert "NaN" not in text
    assert data["equations"][2]["flops"] is None


def test_dot_has_a_cluster_for_each_open_group_and_quotes_every_text(graph: Graph):
    opened = written("dot", graph)
    assert opened.count("subgraph") == 2
    assert 'label="odd \\"title\\\\"' in opened
    assert "max" in opened
    assert '[label="f32[8,3]"' in opened  # of an edge: the array
    folded = written("dot", graph, frozenset({0}))
    assert "subgraph" not in folded
    assert folded.count("->") < opened.count("->")


def test_groups_open_down_to_a_depth(graph: Graph):
    assert opened_to(graph, 0)[1] == {0}
    assert opened_to(graph, 1)[1] == {0, 1}
    assert opened_to(graph, -1)[1] == {0, 1, 2}
    whole, opened = opened_to(graph, None)
    assert opened == {0, 1, 2}  # as a window opens a small graph
    assert np.array_equal(whole.equation_primitive, graph.equation_primitive)


def test_a_file_is_written_whole_in_the_form_of_its_name(graph: Graph, tmp_path: Path):
    for name, form in (("a.txt", "text"), ("a.json", "json"), ("a.gv", "dot")):
        assert graph_form_of(Path(name)) == form
        write_graph(tmp_path / name, form, graph, EVERYTHING)
        assert (tmp_path / name).read_text() == written(form, graph)
    with pytest.raises(UnknownFormError, match=r"a.doc does not say .* \.svg, \.png"):
        graph_form_of(Path("a.doc"))
    with pytest.raises(FileNotFoundError):
        write_graph(tmp_path / "none" / "a.dot", "dot", graph, EVERYTHING)
