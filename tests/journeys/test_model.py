"""From a file to its tree, its values and its graph."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton

from eqxviz.session.examples import example
from eqxviz.session.selection import Selection
from tests.journeys.conftest import Desk

EQUINOX = """
import equinox as eqx
import jax

model = eqx.nn.MLP(2, 3, 8, 2, key=jax.random.PRNGKey(0))
"""
PLAIN = """
import jax.numpy as jnp

params = {"w": jnp.ones((4, 3)), "b": jnp.zeros(3), "steps": jnp.arange(2), "name": "linear"}
"""


def paths(desk: Desk) -> list[str]:
    model = desk.session.model
    assert model is not None
    return [model.tree.path(n) for n in range(len(model.tree))]


@pytest.mark.parametrize("name", ["polynomial", "transformer"])
def test_a_bundled_example_shows_its_tree(desk: Desk, name: str):
    desk.open(example(name).path)
    assert desk.session.model_state == "filled"
    tree = desk.view("tree")
    assert tree.stack.state == "filled"
    assert tree.model.rowCount() > 5


def test_selecting_a_leaf_shows_its_statistics(desk: Desk, tmp_path: Path):
    file = tmp_path / "plain.py"
    file.write_text(PLAIN)
    desk.open(file)
    assert paths(desk)[0] == "params"
    node = paths(desk).index("params['w']")
    desk.session.select(Selection(kind="node", node=node))
    desk.until(lambda: desk.session.value is not None, "the statistics")
    value = desk.session.value
    assert (value.size, value.mean, value.minimum, value.maximum) == (12, 1.0, 1.0, 1.0)
    details = desk.view("details")
    assert details.stack.state == "filled"
    assert (
        not details.values.histogram.isVisible()
    )  # all elements are equal, which is said in words
    drawn = desk.session.leaf_view.tile_changed
    desk.until(details.values.heat_map.isVisible, "the heat map", drawn)


def test_an_equinox_model_is_drawn_and_its_equations_lead_to_its_leaves(desk: Desk, tmp_path: Path):
    file = tmp_path / "net.py"
    file.write_text(EQUINOX)
    desk.open(file)
    assert desk.session.model.target.name == "model"
    assert "model.layers[0].weight" in paths(desk)
    desk.act("graph.model")
    desk.until(lambda: desk.session.graphs[0].state != "working", "the graph")
    tab = desk.session.graphs[0]
    assert tab.problem is None
    primitives = [tab.graph.text(p) for p in tab.graph.equation_primitive]
    assert primitives.count("dot_general") == 3
    read = {tab.graph.text(p) for p in tab.graph.value_path}
    assert "model.layers[0].weight" in read


def test_an_edited_file_is_read_anew(desk: Desk, tmp_path: Path):
    file = tmp_path / "plain.py"
    file.write_text(PLAIN)
    desk.open(file)
    file.write_text(PLAIN.replace("(4, 3)", "(40, 3)"))
    desk.act("file.reload")
    desk.until(lambda: desk.session.model_state == "filled", "the model")
    shape = desk.session.model.tree.shape(paths(desk).index("params['w']"))
    assert shape == (40, 3)


def test_another_target_of_the_file_can_be_opened(desk: Desk, tmp_path: Path):
    file = tmp_path / "two.py"
    file.write_text(PLAIN + "\nother = [params['w'], params['w']]\n")
    desk.open(f"{file}:other")
    assert desk.session.model.target.name == "other"
    tree = desk.session.model.tree
    assert tree.places(int(tree.share[1])).tolist() == [1, 2]
    assert {t.name for t in desk.session.model.targets} >= {"params", "other"}


def test_a_file_from_elsewhere_is_opened_only_after_the_user_agreed_and_then_always(
    desk: Desk, tmp_path: Path
):
    file = tmp_path / "plain.py"
    file.write_text(PLAIN)
    desk.window.opener.open(str(file))
    assert desk.session.model_state == "empty"
    question = desk.window.question
    assert question.isVisible()
    assert "runs it" in question.accessibleName() + question.accessibleDescription()
    agree = next(b for b in question.findChildren(QPushButton) if b.text() == "Open")
    agree.click()
    desk.until(lambda: desk.session.model_state == "filled", "the model")
    desk.window.opener.open(str(file))
    assert not question.isVisible()
    desk.until(lambda: desk.session.model_state == "filled", "the model again")
