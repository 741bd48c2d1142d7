"""Saving and loading checkpoints in the window, and the model of a script that goes on."""

from pathlib import Path
from typing import Any

import equinox
import jax
import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog, QPushButton

from eqxviz.engine.launch import Launch
from eqxviz.records import ValueSummary
from eqxviz.session.checkpoints.saving import Wish, state_text
from eqxviz.session.selection import Selection

from .conftest import Desk

MODEL = """
import equinox, jax

def make(width=8):
    return equinox.nn.MLP(2, 1, width, 1, key=jax.random.key(0))

def wider():
    return make(16)
"""
TRAIN = """
import equinox, jax, jax.numpy as jnp, time

model = equinox.nn.MLP(2, 1, 8, 1, key=jax.random.key(0))

@equinox.filter_jit
def step(model, x):
    def loss(model):
        return (jax.vmap(model)(x) ** 2).mean()
    value, grads = equinox.filter_value_and_grad(loss)(model)
    return jax.tree.map(lambda p, g: p - 0.1 * g if g is not None else p, model, grads), value

x = jnp.ones((4, 2))
for i in range(100_000):
    model, loss = step(model, x)
    time.sleep(0.01)
"""
# A write takes long, as on a slow disk.
SLOWLY = """
import os, time
fsync = os.fsync
os.fsync = lambda fd: (time.sleep(4), fsync(fd))
"""
MLP = equinox.nn.MLP(2, 1, 8, 1, key=jax.random.key(1))


def choose(desk: Desk, path: Path) -> None:
    """Choose a file in the dialog that is open."""
    dialog = desk.window.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(path))
    dialog.done(0)


def press(desk: Desk, words: str) -> None:
    question = desk.window.question
    button = next(b for b in question.findChildren(QPushButton) if b.text() == words)
    button.click()


def same(one: Any, other: Any) -> bool:
    arrays = [jax.tree.leaves(equinox.filter(tree, equinox.is_array)) for tree in (one, other)]
    return all(np.array_equal(a, b) for a, b in zip(*arrays, strict=True))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "model.py").write_text(MODEL)
    return tmp_path / "model.py"


@pytest.fixture
def training(desk: Desk, tmp_path: Path) -> Desk:
    (tmp_path / "train.py").write_text(TRAIN)
    desk.run(tmp_path / "train.py")
    desk.until(
        lambda: desk.session.run is not None and desk.session.run.status.step > 3, "some steps"
    )
    return desk


def test_a_layer_is_saved_and_what_is_there_is_replaced_only_if_that_is_wanted(
    desk: Desk, model: Path, tmp_path: Path
) -> None:
    desk.open(f"{model}:make")
    session, path = desk.session, tmp_path / "layer.eqx"
    tree = session.model.tree
    node = next(n for n in range(len(tree)) if tree.path(n) == "model.layers[0]")
    session.select(Selection(kind="node", node=node))
    desk.act("model.save")
    choose(desk, path)
    saved = session.saving.saved
    desk.until(path.exists, "the file", saved)
    linear = equinox.nn.Linear(2, 8, key=jax.random.key(1))
    whole = equinox.nn.MLP(2, 1, 8, 1, key=jax.random.key(0))
    assert same(equinox.tree_deserialise_leaves(path, linear), whole.layers[0])
    said = desk.window.status_line
    desk.until(lambda: "Saved layer.eqx" in said.currentMessage(), "words", said.messageChanged)

    path.write_text("mine")
    question = desk.window.question
    for words, expected in (("Cancel", b"mine"), ("Replace", b"\x93NUMPY")):
        session.saving.save(Wish(node, str(path)))
        desk.until(lambda: not question.isHidden(), "the question", session.saving.exists)
        press(desk, words)
        desk.until(lambda expected=expected: path.read_bytes().startswith(expected), "it", saved)
    assert session.problems == []


def test_weights_open_in_the_open_model_which_stays_where_they_do_not_fit(
    desk: Desk, model: Path, tmp_path: Path
) -> None:
    trained = jax.tree.map(lambda x: x + 1 if equinox.is_array(x) else x, MLP)
    equinox.tree_serialise_leaves(tmp_path / "trained.eqx", trained)
    desk.open(f"{model}:make")
    before = desk.session.model
    desk.act("model.weights")
    choose(desk, tmp_path / "trained.eqx")
    desk.until(lambda: desk.session.model is not before, "the weights")
    assert desk.session.source.weights.endswith("trained.eqx")
    assert desk.session.problems == []

    desk.open(f"{model}:wider")
    shown = desk.session.model
    desk.session.saving.open_weights(str(tmp_path / "trained.eqx"))
    desk.until(lambda: bool(desk.session.problems), "the problem")
    (problem,) = desk.session.problems
    assert problem.code == "weights-mismatch"
    assert "layers[0].weight: float32[16, 2] is expected, the file has float32[8, 2]" in problem.why
    assert desk.session.model is shown


def test_a_run_saves_by_the_plan_of_the_form(training: Desk, tmp_path: Path) -> None:
    desk, session = training, training.session
    desk.act("run.checkpoints")
    form = desk.window.saving.form
    assert form is not None
    assert not form.go.isEnabled()
    form.every.setText("5")
    form.last.setText("2")
    form.folder.setText(str(tmp_path / "out"))
    form.go.click()

    def n_saved() -> int:
        return session.saving.state.n_saved if session.saving.state is not None else 0

    desk.until(lambda: n_saved() >= 4, "some checkpoints", session.checkpoints_changed)
    assert "Saved step " in state_text(session.saving.state)
    form.end.click()
    desk.until(
        lambda: not session.saving.state.plan.is_on and not session.saving.state.is_writing,
        "no more", session.checkpoints_changed,
    )  # fmt: skip
    files = sorted((tmp_path / "out").iterdir())
    assert len(files) == 2
    for file in files:
        equinox.tree_deserialise_leaves(file, MLP)


@pytest.mark.full
def test_the_model_of_a_script_that_goes_on_opens_and_is_followed(training: Desk) -> None:
    desk, session = training, training.session
    desk.act("run.open_call")
    desk.until(lambda: session.model_state == "filled", "the model")
    assert session.run.status.state.value == "running"
    assert session.model.target.name == "model"
    first = session.call_step
    assert session.call_note == f"Step {first:,}, of the running script; Ctrl+F7 reads it again"
    desk.act("run.read_again")
    desk.until(lambda: session.call_step > first, "a later step")
    later = session.call_step
    desk.act("run.follow")
    desk.until(lambda: session.call_step > later, "another step")
    again = session.call_step
    desk.until(lambda: session.call_step > again, "one more step")
    assert session.follows_call
    desk.act("run.pause")
    desk.wait_for_state("paused")
    desk.until(lambda: session.is_call_current, "the call that waits")
    assert session.call_note == f"Step {session.run.status.step:,}"


@pytest.mark.full
def test_weights_open_in_the_place_of_an_argument_of_the_paused_call(
    training: Desk, tmp_path: Path
) -> None:
    desk, session = training, training.session
    desk.act("run.pause")
    desk.wait_for_state("paused")
    desk.until(lambda: session.model_state == "filled", "the arguments")
    equinox.tree_serialise_leaves(tmp_path / "w.eqx", MLP)
    before = session.model
    session.saving.open_weights(str(tmp_path / "w.eqx"))
    desk.until(lambda: session.model is not before, "the weights")
    assert (session.model.target.name, session.call_note) == ("model", "")
    assert session.problems == []
    desk.act("run.open_call")
    desk.until(lambda: session.is_call_current, "the arguments again")
    assert session.source.weights == ""


def test_values_of_the_model_of_a_running_script_are_those_of_its_step(training: Desk) -> None:
    desk, session = training, training.session
    desk.act("run.open_call")
    desk.until(lambda: session.model_state == "filled", "the model")
    tree = session.model.tree
    node = next(n for n in range(len(tree)) if tree.path(n) == "model.layers[0].weight")
    session.select(Selection(kind="node", node=node))
    desk.view("values")
    desk.until(lambda: isinstance(session.value, ValueSummary), "the statistics")
    assert session.run.status.state.value == "running"
    assert session.problems == []


@pytest.mark.full
def test_closing_the_window_waits_for_the_last_checkpoint(desk: Desk, tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(SLOWLY + TRAIN)
    out = tmp_path / "out"
    launch = Launch(str(script), save_at_end=True, save_to=str(out))
    desk.window.opener.run(launch, is_trusted=True)
    session, window = desk.session, desk.window
    desk.until(lambda: session.run is not None and session.run.status.step > 3, "some steps")
    window.close()
    press(desk, "Stop it")
    assert "Waiting for the last checkpoint" in window.question.accessibleName()
    desk.until(lambda: not window.isVisible(), "the window to close", session.checkpoints_changed)
    (file,) = out.iterdir()
    equinox.tree_deserialise_leaves(file, MLP)


@pytest.mark.full
def test_a_window_closed_before_it_is_written_loses_no_checkpoint(
    desk: Desk, tmp_path: Path, qtbot: Any
) -> None:
    (tmp_path / "train.py").write_text(SLOWLY + TRAIN)
    out = tmp_path / "out"
    launch = Launch(str(tmp_path / "train.py"), save_at_end=True, save_to=str(out))
    desk.window.opener.run(launch, is_trusted=True)
    session = desk.session
    desk.until(lambda: session.run is not None and session.run.status.step > 3, "some steps")
    session.stop()
    desk.until(lambda: not session.run.is_live, "its end")
    assert session.is_saving_run
    desk.window.close()
    press(desk, "Close now")
    assert not desk.window.isVisible()
    qtbot.waitUntil(lambda: list(out.glob("model_*.eqx")) != [], timeout=20_000)
