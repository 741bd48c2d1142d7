"""What is said of the selection."""

import jax
import jax.numpy as jnp

import eqxcore as eqx
from eqxviz.analysis import graph_of, model_tree
from eqxviz.records import Graph
from eqxviz.session.details import Details, node_details
from eqxviz.session.graph.details import GraphTelling
from eqxviz.session.graph.reading import GraphReading
from eqxviz.session.selection import Selection


def said(details: Details) -> dict[str, list[str]]:
    rows: dict[str, list[str]] = {}
    for fact in details.facts:
        rows.setdefault(fact.name, []).append(fact.value)
    return rows


def linear_graph() -> Graph:
    model = eqx.nn.Linear(2, 3, key=jax.random.key(0))
    return graph_of(
        lambda model, x: jnp.sum(model(x)), (model, jnp.ones(2)), {}, title="f",
        argument_names=("model", "x"),
    )  # fmt: skip


def equation_of(graph: Graph, primitive: str) -> int:
    names = [graph.text(p) for p in graph.equation_primitive]
    return names.index(primitive)


def test_an_equation_names_the_leaves_that_it_reads():
    graph = linear_graph()
    details = GraphTelling(GraphReading(graph), "model").equation(equation_of(graph, "dot_general"))
    assert details.title == "dot_general"
    assert any(value.startswith("model.weight") for value in said(details)["Reads"])
    assert said(details)["Makes"] == ["f32[3]"]
    assert said(details)["Kind"] == ["matmul, conv"]


def test_an_equation_links_to_what_made_its_inputs_and_to_its_source():
    graph = linear_graph()
    details = GraphTelling(GraphReading(graph), "model").equation(equation_of(graph, "reduce_sum"))
    links = [fact.link for fact in details.facts if fact.link is not None]
    kinds = {link.kind for link in links}
    assert kinds == {"equation", "source", "value"}
    source = next(link for link in links if link.kind == "source")
    assert source.file == __file__


def test_a_node_that_is_a_numpy_array_says_so():
    import numpy as np

    tree = model_tree({"x": np.ones(3)}, "state", 0)
    assert any("NumPy" in note for note in said(node_details(tree, 1))["Note"])


def test_the_two_places_of_one_module_link_to_each_other_and_say_what_happens():
    layer = eqx.nn.Linear(2, 2, key=jax.random.key(0))
    tree = model_tree([layer, layer], "model", 0)
    details = node_details(tree, 1)
    assert [f.link for f in details.facts if f.name == "Same object"] == [
        Selection(kind="node", node=2)
    ]
    assert any("nn.Shared" in note for note in said(details)["Note"])


def test_a_node_that_jax_cannot_flatten_says_why_and_what_to_do():
    tree = model_tree([{1: jnp.ones(2), "a": 2}], "state", 0)
    problem = next(f.value for f in node_details(tree, 1).facts if f.name == "Problem")
    assert "cannot sort its keys" in problem
    assert "one type" in problem
