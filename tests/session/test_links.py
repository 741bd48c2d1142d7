"""From a source line, a leaf, a value or a group to equations, and back."""

import numpy as np
import pytest

from eqxviz.session.graphs import GraphTab
from eqxviz.session.linked import leaves_read, linked
from eqxviz.session.selection import Selection
from tests.gui.graph.drawn import draw_step, draw_tree_model
from tests.gui.shown import make_tree, node_at
from tests.layout.made_graphs import mlp


@pytest.fixture(name="tab")
def _tab() -> GraphTab:
    tab = GraphTab("model", "model")
    tab.fill(draw_tree_model())
    return tab


@pytest.fixture(name="tree", scope="module")
def _tree():
    return make_tree()


def test_a_leaf_leads_to_the_equations_that_read_it(tab, tree):
    node = node_at(tree, "model.body.layers[1].weight")
    found = linked(tab, Selection(kind="node", node=node), tree)
    graph = tab.graph
    names = {graph.text(int(graph.equation_primitive[e])) for e in found.equations}
    assert names == {"dot_general"}
    assert {graph.text(int(graph.value_path[v])) for v in found.values} == {tree.path(node)}


def test_a_module_leads_to_what_reads_any_leaf_below_it(tab, tree):
    layer = node_at(tree, "model.body.layers[1]")
    below = [node_at(tree, f"model.body.layers[1].{name}") for name in ("weight", "bias")]
    of_leaves = [linked(tab, Selection(kind="node", node=n), tree).equations for n in below]
    found = linked(tab, Selection(kind="node", node=layer), tree).equations
    assert found.tolist() == sorted(np.concatenate(of_leaves).tolist())


def test_an_equation_leads_to_the_leaves_that_it_reads(tab, tree):
    node = node_at(tree, "model.body.layers[1].weight")
    equation = int(linked(tab, Selection(kind="node", node=node), tree).equations[0])
    selection = Selection(kind="equation", graph="model", equation=equation)
    assert leaves_read(tab, selection, tree) == [node]


def test_an_equation_of_another_graph_reads_nothing_here(tab, tree):
    assert leaves_read(tab, Selection(kind="equation", graph="other", equation=0), tree) == []


def test_a_source_line_leads_to_all_that_it_made(tab, tree):
    file, line = tab.links.source_of(0)
    found = linked(tab, Selection(kind="source", file=file, line=line), tree).equations
    assert all(tab.links.source_of(e) == (file, line) for e in found.tolist())
    assert leaves_read(tab, Selection(kind="source", file=file, line=line), tree)


def test_a_file_is_known_by_another_path_to_it(tmp_path):
    tab = GraphTab("model", "model")
    tab.fill(draw_step())
    file, line = tab.links.source_of(0)
    link = tmp_path / "linked.py"
    link.symlink_to(file)
    assert len(tab.links.equations_at(str(link), line))
    assert line in tab.links.lines_of(str(link))


def test_a_value_leads_to_what_reads_it():
    tab = GraphTab("model", "model")
    tab.fill(mlp())
    found = linked(tab, Selection(kind="value", graph="model", value=0), None)
    assert found.equations.tolist() == tab.links.users_of(np.array([0], np.int32)).tolist()
    assert len(found.equations) == 1


def test_a_group_leads_to_its_equations():
    tab = GraphTab("model", "model")
    tab.fill(mlp())
    found = linked(tab, Selection(kind="group", graph="model", group=1), None)
    assert found.equations.tolist() == [0, 1]


def test_an_array_that_is_no_leaf_leads_nowhere(tab, tree):
    counts = node_at(tree, "model.counts")
    assert not len(linked(tab, Selection(kind="node", node=counts), tree).equations)
    assert not len(linked(tab, Selection(), tree).equations)
