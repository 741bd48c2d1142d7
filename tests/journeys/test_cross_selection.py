"""One selection: leaf, equation, line of source, printed line and lowered line lead to another."""

from pathlib import Path

import numpy as np
import pytest

from eqxviz.session.selection import Selection
from tests.journeys.conftest import Desk

_MODEL = """\
import jax
import {library} as eqx


class Net(eqx.Module):
    first: eqx.nn.Linear
    last: eqx.nn.Linear

    def __init__(self, key):
        a, b = jax.random.split(key)
        self.first = eqx.nn.Linear(2, 8, key=a)
        self.last = eqx.nn.Linear(8, 3, key=b)

    def __call__(self, x):
        hidden = jax.nn.relu(self.first(x))
        return self.last(hidden)


def make(key):
    return Net(key)
"""
_FIRST, _LAST = 15, 16  # the lines of the call
_FUNCTION = """\
import jax.numpy as jnp


def scaled(x):
    total = jnp.sum(x)
    return x / total
"""


_SCRIPT = """\
import jax
import jax.numpy as jnp


@jax.jit
def step(w, x):
    error = w @ x
    return w - 0.1 * jnp.outer(error, x)


w = jnp.ones((3, 2))
for _ in range(3):
    w = step(w, jnp.ones(2))
"""


def drawn(desk: Desk, key: str) -> None:
    def is_there() -> bool:
        tab = desk.session.graph(key)
        return tab is not None and tab.state != "working"

    desk.until(is_there, "the graph")
    tab = desk.session.graph(key)
    assert tab is not None
    assert tab.state == "filled", tab.problem


def node_at(desk: Desk, path: str) -> int:
    model = desk.session.model
    assert model is not None
    return next(n for n in range(len(model.tree)) if model.tree.path(n) == path)


def marked(desk: Desk) -> list[str]:
    """The printed lines that stand out for what is selected elsewhere."""
    page = desk.view("graph").beside.panel.jaxpr
    return [page.text.text(line).strip() for line in sorted(page.pane.look.related)]


@pytest.mark.parametrize("library", ["eqxcore", pytest.param("equinox", marks=pytest.mark.full)])
def test_leaf_equation_source_and_text_select_each_other(desk: Desk, tmp_path: Path, library: str):
    file = tmp_path / "model.py"
    file.write_text(_MODEL.format(library=library))
    desk.open(file)
    drawn(desk, "model")
    session, graph = desk.session, desk.view("graph")
    desk.act("graph.text")
    text = graph.beside.panel.jaxpr
    desk.until(lambda: graph.page.scene is not None, "the picture", graph.page.scene_shown)

    # A leaf: what reads it, in the text and in the picture.
    session.select(Selection(kind="node", node=node_at(desk, "model.last.weight")))
    leaf = session.selection.node
    assert any(line.endswith(".last.weight") for line in marked(desk))
    assert any("dot_general" in line for line in marked(desk))
    assert graph.page.canvas.highlight.related

    # A printed line: its equation, the leaf that it reads, its line of source.
    line = next(n for n in sorted(text.pane.look.related) if "dot_general" in text.text.text(n))
    text.pane.picked.emit(line)
    assert session.selection.kind == "equation"
    tree = desk.view("tree")
    read = tree.table._painter._read
    assert leaf in read or session.model.tree.parent[leaf] in read
    source = desk.view("source")
    assert (source.file, source.code.marked_line) == (str(file), _LAST)
    assert source.code.note_at(_LAST).endswith("of the FLOPs")

    # A line of source: all that it made, and what Details says of it.
    source.code.line_clicked.emit(_FIRST)
    assert len(marked(desk)) >= 3
    assert graph.page.canvas.highlight.related
    details = desk.view("details").details()
    assert details.title == f"model.py:{_FIRST}"
    reads = [fact.value for fact in details.facts if fact.name == "Reads"]
    assert [path.rpartition(".first.")[2] for path in reads] == ["weight", "bias"]

    # What it is lowered to: its lines lead to the source, too.
    tab = session.tab_in_front
    desk.act("graph.lower")
    lowering = session.lowering
    desk.until(
        lambda: lowering.of(tab).state in ("filled", "failed"), "the StableHLO", lowering.changed
    )
    lines = lowering.of(tab).lines
    assert lines is not None
    assert graph.beside.panel.lowered.pane.look.related
    dots = [n for n in range(len(lines)) if "dot_general" in lines.text(n)]
    graph.beside.panel.lowered.pane.picked.emit(dots[-1])
    assert (session.selection.file, session.selection.line) == (str(file), _LAST)


def test_a_plain_function_is_printed_and_lowered(desk: Desk, tmp_path: Path):
    file = tmp_path / "plain.py"
    file.write_text(_FUNCTION)
    session = desk.session
    session.draw_call(f"{file}:scaled", "f32[5]")
    desk.until(
        lambda: len(session.graphs) > 0 and session.graphs[0].state != "working", "the graph"
    )
    tab = session.graphs[0]
    assert tab.state == "filled", tab.problem
    desk.act("graph.text")
    text = desk.view("graph").beside.panel.jaxpr.text
    assert text.text(text.line_of(0)).strip() == "b:f32[] = reduce_sum[axes=(0,)] a"
    session.select(Selection(kind="source", file=str(file), line=6))
    assert marked(desk)[-1] == "c:f32[5] = div a b"
    session.lowering.ask(tab)
    desk.until(
        lambda: session.lowering.of(tab).state in ("filled", "failed"),
        "the StableHLO",
        session.lowering.changed,
    )
    lines = session.lowering.of(tab).lines
    assert lines is not None
    assert np.any([lines.source_of(n) == (str(file), 6) for n in range(len(lines))])


def test_a_captured_step_is_lowered(desk: Desk, tmp_path: Path):
    file = tmp_path / "train.py"
    file.write_text(_SCRIPT)
    desk.run(file)
    desk.wait_for_state("finished", "failed")
    session = desk.session
    run = session.run
    assert run is not None
    step = next(f for f in run.functions.values() if f.name == "step")
    session.draw_function(step.id)
    drawn(desk, f"function:{step.id}")
    desk.act("graph.lower")
    tab, lowering = session.tab_in_front, session.lowering
    assert tab is not None
    desk.until(
        lambda: lowering.of(tab).state in ("filled", "failed"), "the StableHLO", lowering.changed
    )
    lines = lowering.of(tab).lines
    assert lines is not None, lowering.of(tab).problem
    at = next(n for n in range(len(lines)) if "dot_general" in lines.text(n))
    assert lines.source_of(at) == (str(file), 7)
