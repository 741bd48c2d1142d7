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


FUNCTIONS = """
import jax.numpy as jnp

params = {"w": jnp.ones(3)}

def loss(params, x):
    return (params["w"] * x).sum()
"""


@pytest.fixture
def settled(session, owner):
    """Wait until nothing is being drawn, and return the tab in front."""

    def settled():
        owner.run_until(lambda: all(tab.state != "working" for tab in session.graphs))
        return session.tab_in_front

    return settled


@pytest.fixture
def functions(session, write, settled):
    """The path of a file, of which a function is drawn."""
    path = write("functions.py", FUNCTIONS)
    while session.graphs:
        session.close_graph(0)
    session.draw_call(f"{path}:loss")
    assert settled().state == "filled"
    return path


def test_a_function_is_drawn_without_a_model_on_what_is_proposed(session, functions):
    tab = session.tab_in_front
    assert (tab.key, tab.title) == (f"call:{functions}:loss", "loss")
    assert (tab.inputs, tab.written) == ("", "params f32[3]")


def test_another_thing_of_a_function_has_a_tab_of_its_own_and_is_not_drawn_twice(
    session, functions, settled
):
    forward = session.tab_in_front
    session.redraw(forward, "params f32[3]", "gradient", 0)
    assert session.tab_in_front.title == "loss · gradient"  # while it is drawn, too
    gradient = settled()
    assert gradient.title == "loss · gradient"
    graph = forward.graph
    session.redraw(gradient, "params f32[3]", "forward", 0)
    assert (session.tab_in_front, forward.graph) == (forward, graph)
    session.redraw(gradient, "params f32[3]", "vmap", 4)
    assert settled().title == "loss · vmapped, batch of 4"
    assert len(session.graphs) == 3


def test_other_inputs_are_drawn_in_the_same_tab(session, functions, settled):
    tab = session.tab_in_front
    session.redraw(tab, "params f32[8,3]", "forward", 0)
    assert settled() is tab
    assert (tab.inputs, tab.written) == ("params f32[8,3]", "params f32[8,3]")
    session.redraw(tab, "params f32[4]", "forward", 0)
    assert settled().problem.why.startswith("x is f32[4], and f32[3] fits.")
    assert tab.written == "params f32[4]"  # as it was typed, to be corrected


def test_a_reload_of_the_file_draws_its_functions_again(session, owner, functions, settled):
    session.open(f"{functions}:params")
    owner.run_until(lambda: session.model_state == "filled" and session.model.path == functions)
    with open(functions, "a") as file:
        file.write("\ndef loss(params, x):\n    return (params['w'] * x).sum() * 2 + 1\n")
    before = session.graph(f"call:{functions}:loss").graph
    session.reload()
    owner.run_until(lambda: session.model_state == "filled")
    settled()
    after = session.graph(f"call:{functions}:loss").graph
    assert len(after) == len(before) + 2
    assert after.inputs == "params f32[3]"


def test_the_functions_of_a_file_are_listed(session, owner, functions):
    found = []
    session.list_calls(functions, found.append)
    owner.run_until(lambda: bool(found))
    assert [(call.name, call.parameters) for call in found[0].calls] == [("loss", "(params, x)")]


@pytest.fixture
def saved(session, owner, functions, settled):
    """Open the model of the functions' file; calling it saves another text there and reloads."""

    def saved(text: str) -> None:
        with open(functions, "w") as file:
            file.write(text)
        session.reload()
        owner.run_until(lambda: session.model_state == "filled")
        settled()

    session.open(f"{functions}:params")
    owner.run_until(lambda: session.model_state == "filled" and session.model.path == functions)
    settled()
    session.problems.clear()
    return saved


def test_a_tab_has_one_problem_until_it_is_drawn(session, saved):
    renamed = FUNCTIONS.replace("def loss", "def cost")
    saved(renamed)
    saved(renamed + "\n# again\n")
    assert [problem.title for problem in session.problems] == ["There is no loss in the file"]
    saved(FUNCTIONS)
    assert session.tab_in_front.state == "filled"
    assert session.problems == []


def test_the_problem_of_a_tab_goes_with_it_and_not_with_one_that_is_made_of_it(
    session, functions, settled
):
    session.problems.clear()
    forward = session.tab_in_front
    session.redraw(forward, "params f32[4]", "forward", 0)
    problem = settled().problem
    session.redraw(forward, "params f32[3]", "gradient", 0)
    settled()
    assert session.problems == [problem]
    session.close_graph(session.graphs.index(forward))
    assert session.problems == []
