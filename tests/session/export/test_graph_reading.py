"""A graph that was written as JSON is the same graph when it is read."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest

from eqxviz.records import Graph, Problem
from eqxviz.session.export.graph_data import graph_data
from eqxviz.session.export.graph_reading import saved_graph
from eqxviz.session.export.graph_writing import write_graph
from eqxviz.session.graph_compare import compare
from tests.session.graph_compare import compared


def stepped(x):
    """Holds what a record can: scopes, branches, loops of unknown length, effects."""
    with jax.named_scope("outer"):
        x = jax.lax.cond(jnp.sum(x) > 0, jnp.sin, lambda y: y * 2, x)
    jax.debug.print("{}", x)
    return {"x": jax.lax.while_loop(lambda c: jnp.sum(c) < 9, lambda c: c + 1, x), "same": x}


@pytest.fixture(params=["model", "gradient", "scan", "stepped"])
def graph(request: pytest.FixtureRequest) -> Graph:
    model, x, y = compared.MODEL, compared.X, compared.Y
    return {
        "model": lambda: compared.drawn(compared.loss, model, x, y),
        "gradient": lambda: compared.drawn(jax.grad(stepped_sum), x),
        "scan": lambda: compared.drawn(compared.scanned, compared.WEIGHTS, compared.START),
        "stepped": lambda: compared.drawn(stepped, x),
    }[request.param]()


def stepped_sum(x):
    return jnp.sum(jax.checkpoint(jnp.tanh)(x) ** 2)


def test_what_is_read_is_what_was_written(graph: Graph, tmp_path: Path):
    path = tmp_path / "saved.json"
    write_graph(path, "json", graph, frozenset())
    read = saved_graph(path)
    assert isinstance(read, Graph)
    read.check()
    assert "".join(graph_data(read)) == path.read_text()
    assert compare(graph, read).is_empty


@pytest.mark.parametrize("spoilt", ["values", "groups", "title"])
def test_what_is_no_graph_is_told(graph: Graph, tmp_path: Path, spoilt: str):
    data = json.loads("".join(graph_data(graph)))
    del data[spoilt]
    path = tmp_path / "saved.json"
    path.write_text(json.dumps(data))
    problem = saved_graph(path)
    assert isinstance(problem, Problem)
    assert problem.title == "saved.json cannot be read as a graph"
    assert spoilt in problem.why


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "[]", "1", "\xff", '{"groups": [{"kind": 1}], "equations": [[]]}'],
    ids=["deep", "list", "number", "letters", "rows"],
)
def test_json_of_another_shape_is_told(tmp_path: Path, text: str):
    path = tmp_path / "saved.json"
    path.write_text(text)
    problem = saved_graph(path)
    assert isinstance(problem, Problem)
    assert problem.why.startswith("It is no graph as it is written by -o")


def test_rows_that_do_not_fit_together_are_told(graph: Graph, tmp_path: Path):
    data = json.loads("".join(graph_data(graph)))
    data["equations"][0]["inputs"] = [100_000]
    path = tmp_path / "saved.json"
    path.write_text(json.dumps(data))
    problem = saved_graph(path)
    assert isinstance(problem, Problem)
    assert "in_value" in problem.why
    assert saved_graph(tmp_path / "none.json").why == "No such file or directory"
