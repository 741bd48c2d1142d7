"""The search of a graph."""

import pytest
from made_graphs import GraphMaker, mlp

from eqxviz.records import EquationFlag, EquationKind, Graph, GroupKind, ValueOrigin
from eqxviz.session.graph.query import COMPLETIONS, parse
from eqxviz.session.graph.reading import GraphReading


def found(graph: Graph, wanted: str) -> list[int]:
    query = parse(wanted)
    assert not query.problem
    return GraphReading(graph).found(query).tolist()


@pytest.mark.parametrize(
    ("wanted", "equations"),
    [
        ("dot_general", [0, 4]),
        ("DOT", [0, 4]),
        ("f32[8]", [0, 1, 2, 3]),
        ("layers[1].bias", [5]),
        ("model.py:15", [1, 5]),
        ("add f32[8]", [1]),
        ("add and f32[8]", [1]),
        ("dot | max", [0, 3, 4]),
        ("dot or max", [0, 3, 4]),
        ("-dot", [1, 2, 3, 5]),
        ("not dot", [1, 2, 3, 5]),
        ("relu", [2, 3]),
        ("nothing like it".replace(" ", "_"), []),
        ("", []),
        ("/^(add|max)/", [1, 3, 5]),
        (r"/f32\[\d\]/", [0, 1, 2, 3, 4, 5]),
        ("/", []),
        ("prim:dot", [0, 4]),
        ("prim=add", [1, 5]),
        ("prim:/^(add|max)$/", [1, 3, 5]),
        ("kind:matmul", [0, 4]),
        ("path:layers[1]", [4, 5]),
        ("reads:weight", [0, 4]),
        ("makes:f32[1]", [4, 5]),
        ("dtype:f32", [0, 1, 2, 3, 4, 5]),
        ("dtype:bf16", []),
        ("shape:[1,2]", [4]),
        ("shape:[*,2]", [0, 4]),
        ("shape:8 prim:add", [1]),
        ("source:model.py line:14", [0, 4]),
        ("line>14", [1, 5]),
        ("source:/MLP.__call__/", [0, 1, 4, 5]),
        ("call", [2]),
        ("result", [5]),
        ("backward", []),
        ("forward -call", [0, 1, 3, 4, 5]),
        ("unknown", [0, 1, 2, 3, 4, 5]),
    ],
)
def test_equations_are_found(wanted: str, equations: list[int]):
    assert found(mlp(), wanted) == equations


def costed() -> Graph:
    """A constant is read; a scan of five turns; backward; an effect; what is not known."""
    made = GraphMaker()
    x = made.argument("x", "f64[4]")
    table = made.value(ValueOrigin.CONSTANT, "f32[4]", "table")
    made.equation("add", [x, table], flops=4, n_bytes=96)
    scan = made.equation("scan", [x], kind=EquationKind.CONTROL, flops=500, n_bytes=1000)
    body = made.group(0, GroupKind.JAXPR, "body", owner=scan, repeats=5)
    half = made.value(ValueOrigin.LITERAL, "0.5:f32[]")
    made.equation("mul", [made.inner(x), half], group=body, flops=100, n_bytes=200)
    made.equation("neg", [x], flags=EquationFlag.BACKWARD, flops=0, n_bytes=64)
    made.equation("io", [x], flags=EquationFlag.EFFECT | EquationFlag.UNKNOWN_COST)
    return made.graph()


@pytest.mark.parametrize(
    ("wanted", "equations"),
    [
        ("flops>=500", [1, 2]),  # five turns of a hundred
        ("flops<10", [0, 3]),
        ("bytes>500", [1, 2]),
        ("share>50", [1, 2]),
        ("intensity<0.1", [0, 3]),
        ("times>1", [2]),
        ("const", [0]),
        ("effect", [4]),
        ("unknown", [4]),
        ("backward", [3]),
        ("dtype:f64", [0, 1, 2, 3, 4]),
        ("dtype=f32 flops<10", [0, 3]),
        ("0.5", [2]),
        ("table", [0]),
    ],
)
def test_equations_are_found_by_what_they_cost_and_are(wanted: str, equations: list[int]):
    assert found(costed(), wanted) == equations


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("/(", "missing"),
        ("flops>many", "no number"),
        ("flps>1", "Did you mean flops>1"),
        ("shape:eight", "no length of an axis"),
        ("is:backwards", "Did you mean is:backward"),
        ("backward:1", "takes no value"),
        ("prim:/[/", "The pattern"),
    ],
)
def test_a_query_that_cannot_be_understood_says_why(wanted: str, says: str):
    assert says in parse(wanted).problem


def test_nothing_is_found_in_an_empty_graph():
    empty = GraphMaker().graph()
    assert not found(empty, "add")
    assert not found(empty, "/./")


@pytest.mark.parametrize("example", [example for example, _ in COMPLETIONS])
def test_every_completion_is_understood(example: str):
    assert not parse(example).problem
    found(mlp(), example)
