"""Finding one's way in the graph of a model: costs, colours, what depends on what, the search."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from eqxviz.gui.settings import GRAPH_COLOURS
from eqxviz.session.graph_details import graph_details
from eqxviz.session.places import find_places
from eqxviz.session.selection import Selection
from tests.journeys.conftest import Desk

_MODEL = """\
import equinox as eqx
import jax
import jax.numpy as jnp

SCALES = jnp.arange(8.0)


class Net(eqx.Module):
    first: eqx.nn.Linear
    last: eqx.nn.Linear

    def __init__(self, key):
        a, b = jax.random.split(key)
        self.first = eqx.nn.Linear(4, 8, key=a)
        self.last = eqx.nn.Linear(8, 8, key=b)

    def __call__(self, x):
        def turn(state, _):
            return jnp.tanh(self.last(state)), None

        state, _ = jax.lax.scan(turn, self.first(x), None, length=5)
        return state * SCALES


def make(key):
    return Net(key)
"""
_LINES = {"last": 19, "scaled": 22}


def said(desk: Desk, selection: Selection) -> dict[str, list[str]]:
    """Return what Details says of a selection in the graph, by name."""
    details = graph_details(desk.session, selection)
    assert details is not None
    rows: dict[str, list[str]] = {}
    for fact in details.facts:
        rows.setdefault(fact.name, []).append(fact.value)
    return rows


def test_the_way_through_the_graph_of_a_model(desk: Desk, tmp_path: Path):
    (tmp_path / "net.py").write_text(_MODEL)
    desk.open(tmp_path / "net.py:make")
    session, view = desk.session, desk.view("graph")
    page = view.page
    view.use_settings(desk.settings)
    desk.until(lambda: page.scene is not None, "the graph", page.scene_shown)

    # An equation within the scan costs five times what it costs once.
    view.search_bar.set_text("prim:dot_general source:net.py line:19")
    desk.until(lambda: view.search_bar.hits == "1", "the match", view.search_bar.searched)
    desk.act("go.search_next")
    desk.until(lambda: page.canvas.highlight.selected >= 0, "the equation", page.scene_shown)
    equation = session.selection.equation
    assert equation >= 0
    facts = said(desk, session.selection)
    assert facts["Cost"] == ["128 FLOPs × 5 = 640 FLOPs"]
    assert facts["Bytes"][0].endswith("(unfused upper estimate)")
    assert facts["Share"][0].endswith("of the function's FLOPs")
    assert facts["Source"] == [f"net.py:{_LINES['last']} in Net.__call__.<locals>.turn"]
    leaf = next(
        fact
        for fact in graph_details(desk.session, session.selection).facts
        if fact.name == "Reads" and fact.link is not None and fact.link.kind == "node"
    )
    assert leaf.value.startswith("model.last.weight")
    assert session.model.tree.path(leaf.link.node) == "model.last.weight"

    # What depends on it is told and stands out, around the loop as well.
    desk.act("graph.dependents")
    lit = session.exploring.lit
    assert lit is not None
    assert page.strip.isVisible()
    assert page.canvas.highlight.lit
    primitives = {
        page.scene.graph.text(int(page.scene.graph.equation_primitive[e]))
        for e in lit.reach.equations.nonzero()[0]
    }
    assert {"tanh", "mul", "scan"} <= primitives
    QTest.keyClick(page.canvas, Qt.Key.Key_Escape)
    assert page.canvas.highlight.lit is None

    # An array that the function closes over is baked into the program.
    view.search_bar.set_text("const")
    desk.until(lambda: view.search_bar.hits == "1", "the match", view.search_bar.searched)
    desk.act("go.search_next")
    reader = session.selection
    constant = next(f for f in graph_details(session, reader).facts if "constant" in f.value)
    assert "SCALES" in constant.value
    session.select(constant.link)
    assert "baked into the compiled program" in said(desk, session.selection)["Kind"][0]
    assert said(desk, session.selection)["Size"] == ["32 B"]

    # Colours are chosen by an action, and remembered.
    desk.act("graph.colour.flops")
    assert page.scene.colours.by == "flops"
    assert desk.settings[GRAPH_COLOURS] == "flops"

    # Equations are gone to by name.
    found = find_places(session, "scan tanh")
    assert found
    assert found[0].selection.kind == "equation"
    session.select(found[0].selection)
    assert said(desk, session.selection)["Kind"] == ["elementwise"]
