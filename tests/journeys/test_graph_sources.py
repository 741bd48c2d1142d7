"""From a file, a model, a run and a process of one's own to the graph of any function."""

import textwrap
from pathlib import Path

import pytest

from eqxviz.engine.places import socket_folder
from tests.journeys.conftest import Desk, windows_of

FILE = """
import jax, jax.numpy as jnp
import eqxcore
import equinox

model = eqxcore.nn.MLP(3, 2, 8, 1, key=jax.random.key(0))
theirs = equinox.nn.MLP(3, 2, 8, 1, key=jax.random.key(0))

def loss(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)

@jax.jit
def scaled(x, a):
    return x * a
"""

SHOWS = """
import sys
import jax.numpy as jnp
import eqxviz
from eqxviz.engine import commands

# The test has a window of its own.
commands.window_command = lambda folder, command: ["sleep", "30"]

def power(x, *, n):
    return jnp.sin(x) ** n

eqxviz.show_jaxpr(power, jnp.ones((4, 3)), n=2)
print("shown", flush=True)
sys.stdin.readline()
eqxviz.show_jaxpr(lambda x: x @ x, jnp.ones((3, 3)))
sys.stdin.readline()
eqxviz.show({"w": jnp.ones(3)}, "weights")
sys.stdin.readline()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "train.py"
    path.write_text(FILE)
    return path


def drawn(desk: Desk) -> None:
    """Wait until nothing is being drawn."""
    session = desk.session
    desk.until(lambda: all(tab.state != "working" for tab in session.graphs), "the graphs")


def test_a_model_is_drawn_forward_and_beside_it_in_other_ways_on_other_inputs(desk, file):
    session = desk.session
    desk.open(f"{file}:theirs")
    desk.until(lambda: session.graphs != [], "the model's graph")
    drawn(desk)
    bar = desk.view("graph").call_bar
    assert (bar.inputs.text(), bar.drawn_as) == ("f32[3]", "forward")
    for way, batch, title in (
        ("vmap", "8", "theirs · vmapped, batch of 8"),
        ("gradient", "8", "theirs · gradient of the sum, batch of 8"),
        ("step", "8", "theirs · training step on the sum, batch of 8"),
    ):
        bar.what.setCurrentIndex(bar.what.findData(way))
        bar.what.activated.emit(bar.what.currentIndex())
        drawn(desk)
        assert (session.tab_in_front.title, bar.batch.text()) == (title, batch)
    assert len(session.graphs) == 4
    bar.batch.setText("4")
    bar.batch.returnPressed.emit()
    drawn(desk)
    assert session.tab_in_front.title == "theirs · training step on the sum, batch of 4"
    bar.inputs.setText("f32[5]")
    bar.inputs.returnPressed.emit()
    drawn(desk)
    tab = session.tab_in_front
    assert tab.state == "failed"
    assert "x is f32[5], and f32[3] fits" in tab.problem.why
    assert bar.isVisible()
    assert bar.inputs.text() == "f32[5]"  # it can be corrected where it was typed
    bar.inputs.setText("f32[3]")
    bar.inputs.returnPressed.emit()
    drawn(desk)
    assert session.tab_in_front.state == "filled"
    assert len(session.graphs) == 4


def test_a_function_is_chosen_by_name_and_exported_in_every_form(desk, file, tmp_path):
    session = desk.session
    desk.open(f"{file}:model")
    desk.act("graph.function")
    palette = desk.window.finder.palette
    desk.until(
        palette.isVisible, "the functions", palette.line.textChanged, palette.model.modelReset
    )
    palette.line.setText("loss")
    palette.line.chosen.emit()
    desk.until(lambda: session.graph(f"call:{file}:loss") is not None, "the function's tab")
    drawn(desk)
    view = desk.view("graph")
    assert session.tab_in_front.title == "loss"
    assert view.call_bar.inputs.text() == "model f32[8,3] f32[2]"
    desk.until(lambda: view.page.scene is not None, "the picture", view.page.scene_shown)
    status, message = desk.window.status_line, desk.window.status_line.messageChanged
    for suffix, begin in (("svg", b"<?xml"), ("png", b"\x89PNG"), ("dot", b"digraph"),
                          ("json", b"{"), ("txt", b"{ lambda")):  # fmt: skip
        path = tmp_path / f"loss.{suffix}"
        desk.window.graphs.export(str(path))
        wrote = f"Wrote {path.name}"
        desk.until(lambda wrote=wrote: status.currentMessage() == wrote, wrote, message)
        assert path.read_bytes().startswith(begin)
    desk.window.graphs.export(str(tmp_path / "loss.doc"))
    assert "does not say in which form" in status.currentMessage()


def test_a_function_of_a_run_is_drawn_as_it_was_called_and_its_gradient(desk, tmp_path):
    script = tmp_path / "run.py"
    script.write_text(
        textwrap.dedent("""
        import jax, jax.numpy as jnp

        @jax.jit
        def step(params, x):
            return jnp.sum(params["w"] * x)

        for i in range(3):
            step({"w": jnp.ones(4)}, jnp.ones(4))
        """)
    )
    desk.run(script)
    desk.wait_for_state("finished")
    session = desk.session
    (function,) = [f.id for f in session.run.functions.values() if f.name == "step"]
    session.draw_function(function)
    drawn(desk)
    bar = desk.view("graph").call_bar
    assert not bar.inputs.isVisible()
    assert bar.note.isVisible()
    bar.what.setCurrentIndex(bar.what.findData("gradient"))
    bar.what.activated.emit(bar.what.currentIndex())
    drawn(desk)
    tab = session.tab_in_front
    assert (tab.title, tab.state) == ("step · gradient", "filled")
    graph = tab.graph
    assert [graph.text(int(name)) for name in graph.output_names] == ["['w']"]


def test_a_process_shows_calls_and_then_an_object_in_one_window(desk: Desk, showing):
    process = showing(SHOWS)
    assert process.stdout.readline() == "shown\n"
    (folder,) = socket_folder().glob("shown-*")
    session = desk.session
    session.draw_shown(str(folder))
    drawn(desk)
    tab = session.tab_in_front
    assert (tab.title, tab.written) == ("power", "f32[4,3] n=2")
    bar = desk.view("graph").call_bar
    bar.inputs.setText("f32[2] n=3")
    bar.inputs.returnPressed.emit()
    drawn(desk)
    assert (tab.state, tab.graph.inputs) == ("filled", "f32[2] n=3")

    def go_on() -> None:
        process.stdin.write("\n")
        process.stdin.flush()

    go_on()
    desk.until(lambda: len(session.graphs) == 2, "the second call")
    drawn(desk)
    assert session.tab_in_front.title == "<lambda>"
    session.redraw(tab, "f32[5] n=3", "forward", 0)
    drawn(desk)
    assert tab.problem.code == "function-gone"
    go_on()
    desk.until(lambda: session.model_state == "filled", "the object")
    assert session.model.tree.name == "weights"
    process.stdin.close()
    assert process.wait(30) == 0


def test_a_script_that_shows_a_call_and_ends_leaves_its_window(showing):
    process = showing("""
        import jax, eqxviz
        eqxviz.show_jaxpr(lambda x: x + 1, jax.ShapeDtypeStruct((1 << 20, 1 << 20), "float32"))
        print("on", flush=True)
    """)
    assert process.stdout.readline() == "on\n"
    # It ends by itself once the window has the graph.
    assert process.wait(60) == 0
    assert not list(socket_folder().glob("shown-*"))
    assert len(windows_of(socket_folder())) == 1
