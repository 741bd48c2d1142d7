"""From files of every kind, and from processes, to the window; and out of it into files."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

import eqxcore as eqx
from eqxviz.engine.places import RunInfo, socket_folder
from eqxviz.records.codec import VERSION
from eqxviz.session.selection import Selection
from eqxviz.session.sources import ModelSource
from tests.journeys.conftest import Desk, windows_of

MAKES = """
import eqxcore as eqx, jax

def make(key):
    return eqx.nn.MLP(2, 1, 8, 2, key=key)

def huge():
    return eqx.nn.Linear(100_000, 1_000_000, key=jax.random.key(0))
"""
SHOWS = """
import sys
import jax, jax.numpy as jnp
import eqxviz
from eqxviz.engine import commands

# The test has a window of its own.
commands.window_command = lambda folder, command: ["sleep", "30"]
eqxviz.show({"w": jnp.arange(6.0)}, "first")
print("shown", flush=True)

@jax.jit
def step(x):
    eqxviz.show({"x": x}, "inside")
    return x * 2

for line in sys.stdin:
    step(jnp.ones(3))
    print("again", flush=True)
"""


def paths(desk: Desk) -> list[str]:
    model = desk.session.model
    assert model is not None, desk.session.model_problem
    return [model.tree.path(node) for node in range(len(model.tree))]


def select(desk: Desk, path: str) -> None:
    desk.session.select(Selection(kind="node", node=paths(desk).index(path)))
    session = desk.session
    desk.until(lambda: session.value is not None, f"the value of {path}", session.value_changed)


def test_what_a_script_shows_is_seen_until_its_end_and_after(desk: Desk, showing):
    process = showing(SHOWS)
    assert process.stdout.readline() == "shown\n"
    (folder,) = socket_folder().glob("shown-*")
    assert RunInfo.read(folder).pid == process.pid
    desk.window.opener.open_source(ModelSource("process", str(folder)))
    desk.until(lambda: desk.session.model_state == "filled", "what is shown")
    select(desk, "first['w']")
    assert desk.session.value.mean == 2.5
    process.stdin.write("\n")
    process.stdin.flush()
    assert process.stdout.readline() == "again\n"
    # The same window shows it: the note says that there are shapes alone.
    desk.until(lambda: paths(desk)[0] == "inside", "the second object")
    assert [problem.code for problem in desk.session.problems] == ["shown-traced"]
    process.stdin.close()
    assert process.wait(30) == 0
    codes = desk.session.problems
    desk.until(lambda: codes[-1].code == "process-ended", "the end of the process")
    assert desk.session.model_state == "filled"
    assert paths(desk) == ["inside", "inside['x']"]


def test_a_script_that_shows_and_ends_leaves_its_window(showing):
    process = showing(
        "import numpy, eqxviz\neqxviz.show([numpy.ones(3)], 'net')\nprint('on', flush=True)\n"
    )
    assert process.stdout.readline() == "on\n"
    # It ends by itself once the window has the tree.
    assert process.wait(60) == 0
    assert not list(socket_folder().glob("shown-*"))
    assert len(windows_of(socket_folder())) == 1


def test_leaves_open_with_the_constructor_that_is_asked_for(desk: Desk, tmp_path: Path):
    code, weights = tmp_path / "makes.py", tmp_path / "w.eqx"
    code.write_text(MAKES)
    eqx.tree_serialise_leaves(weights, eqx.nn.MLP(2, 1, 8, 2, key=jax.random.key(7)))
    opener = desk.window.opener
    opener.open(str(weights))
    question = desk.window.findChild(type(opener._constructor))
    assert question.isVisible()
    assert not question.go.isEnabled()
    question.set_target(f"{code}:make")
    QTest.keyClick(question.target, Qt.Key.Key_Return)
    QTest.keyClick(desk.window.question.focusProxy(), Qt.Key.Key_Return)  # it runs the file
    desk.until(lambda: desk.session.model_state in ("filled", "failed"), "the model")
    assert "model.layers[0].weight" in paths(desk)
    assert desk.session.source.weights == str(weights)
    opener.open(str(weights))
    assert question.target.currentText() == f"{code}:make"
    question.disappear()


def test_weights_open_without_a_question(desk: Desk, tmp_path: Path):
    np.savez(tmp_path / "w.npz", **{"layers.0.weight": np.arange(6.0).reshape(2, 3)})
    desk.window.opener.open(str(tmp_path / "w.npz"))
    assert not desk.window.question.isVisible()
    desk.until(lambda: desk.session.model_state == "filled", "the weights")
    select(desk, "w['layers'][0]['weight']")
    assert desk.session.value.maximum == 5.0
    header = json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    file = tmp_path / "t.safetensors"
    file.write_bytes(struct.pack("<Q", len(header)) + header + np.ones(2, np.float32).tobytes())
    desk.open(file)
    assert paths(desk) == ["t", "t['a']"]


def test_a_model_too_large_for_memory_opens_as_shapes(desk: Desk, tmp_path: Path):
    code = tmp_path / "makes.py"
    code.write_text(MAKES)
    desk.open(f"{code}:make")
    desk.window.opener.open_source(
        ModelSource.of(f"{code}:huge", shapes_only=True), is_trusted=True
    )
    desk.until(lambda: desk.session.model_state == "filled", "the shapes")
    assert desk.session.model.tree.n_params[0] == 100_000_000_000 + 1_000_000
    desk.until(lambda: "shapes only" in desk.window.windowTitle(), "the title")


def test_a_model_is_exported_and_its_records_open_where_nothing_is_run(
    desk: Desk, another_desk: Callable[[], Desk], tmp_path: Path
):
    code = tmp_path / "makes.py"
    code.write_text(MAKES)
    desk.open(f"{code}:make")
    select(desk, "model.layers[0].weight")
    mean = desk.session.value.mean
    line = desk.window.status_line
    for name in ("net.html", "net.eqxviz"):
        desk.window.opener.export_wanted.emit(str(tmp_path / name))
        desk.until(lambda n=name: line.currentMessage() == f"Wrote {n}", name, line.messageChanged)
    assert (tmp_path / "net.html").read_text().startswith("<!doctype html>")
    desk.close()
    code.unlink()
    other = another_desk()
    other.window.opener.open(str(tmp_path / "net.eqxviz"))
    assert not other.window.question.isVisible()
    other.until(lambda: other.session.model_state == "filled", "the records")
    select(other, "model.layers[0].weight")
    assert other.session.value.mean == mean
    select(other, "model.layers[1].weight")
    assert other.session.value.code == "not-kept"


def test_damaged_records_are_a_card(desk: Desk, tmp_path: Path):
    file = tmp_path / "cut.eqxviz"
    file.write_bytes(f"eqxviz records {VERSION}\nEQXV".encode())
    desk.open(file)
    assert desk.session.model_problem.code == "unreadable-records"
    assert "cut off" in desk.session.model_problem.why
