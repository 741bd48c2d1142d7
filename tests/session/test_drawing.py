"""Graphs are drawn in tabs, and lead to the tree and to the source."""

import pytest

from eqxviz.session.links import node_at

MODEL = """
import jax, jax.numpy as jnp

class Layer:
    def __init__(self, n):
        self.weight = jnp.ones((n, n))

    def __call__(self, x):
        return jnp.tanh(self.weight @ x)

jax.tree_util.register_pytree_with_keys(
    Layer,
    lambda layer: (((jax.tree_util.GetAttrKey("weight"), layer.weight),), None),
    lambda _, children: _made(children),
)

def _made(children):
    layer = object.__new__(Layer)
    layer.weight = children[0]
    return layer

model = Layer(3)
other = Layer(2)
"""


@pytest.fixture
def drawn(session, owner, write):
    """The path of the model's file, its graph drawn on f32[3]."""
    path = write("model.py", MODEL)
    session.open(f"{path}:model")
    owner.run_until(lambda: session.model_state != "working")
    session.draw_model(inputs="f32[3]")
    owner.run_until(lambda: session.graph("model").state != "working")
    assert session.graph("model").state == "filled", session.graph("model").problem
    return path


def test_the_models_graph_is_a_tab_with_its_inputs(session, drawn):
    tab = session.graphs[session.current_graph]
    assert (tab.key, tab.inputs) == ("model", "f32[3]")
    assert len(tab.graph) >= 2


def test_an_equation_leads_to_its_line_and_back(session, drawn):
    links = session.graph("model").links
    line = MODEL[: MODEL.index("jnp.tanh")].count("\n") + 1
    found = links.equations_at(drawn, line)
    assert len(found) >= 2
    assert links.source_of(int(found[0])) == (drawn, line)
    assert len(links.equations_at(drawn, 1)) == 0


def test_a_leaf_leads_to_the_equations_that_read_it_and_back(session, drawn):
    tree, links = session.model.tree, session.graph("model").links
    node = node_at(tree, ".weight")
    (value,) = links.values_of(tree, node)
    assert links.node_of(tree, int(value)) == node
    assert len(links.users_of(links.values_of(tree, node))) == 1


def test_drawing_again_keeps_the_old_graph_until_the_new_one_is_there(session, owner, drawn):
    before = session.graph("model").graph
    session.draw_model(inputs="f32[3,5]")
    tab = session.graph("model")
    assert tab.state == "working"
    assert tab.graph is before
    owner.run_until(lambda: tab.state != "working")
    assert tab.graph is not before
    assert len(session.graphs) == 1


def test_inputs_that_do_not_fit_are_a_problem_in_the_tab(session, owner, drawn):
    session.draw_model(inputs="f32[7]")
    owner.run_until(lambda: session.graph("model").state != "working")
    assert session.graph("model").state == "failed"
    assert session.problems == [session.graph("model").problem]


def test_a_reload_draws_the_model_again(session, owner, drawn):
    session.reload()
    owner.run_until(lambda: session.model_state != "working")
    owner.run_until(lambda: session.graph("model").state != "working")
    assert session.graph("model").state == "filled"
    assert session.graph("model").inputs == "f32[3]"


def test_another_model_takes_the_graph_away(session, owner, drawn):
    session.open_target("other")
    owner.run_until(lambda: session.model_state != "working")
    assert session.graphs == []
    assert session.current_graph == -1


def test_a_graph_that_takes_too_long_can_be_cancelled(session, owner, drawn):
    session.draw_model(inputs="f32[3,6]")
    before = session.graph("model").graph
    session.cancel_drawing()
    assert session.graph("model").state == "filled"
    assert session.graph("model").graph is before
    session.draw_model(inputs="f32[3,6]")
    owner.run_until(lambda: session.graph("model").state != "working")
    assert session.graph("model").graph is not before
    assert session.problems == []
