"""The tree of a real model: searched, sorted, walked, copied from, and kept over a save."""

import os
from pathlib import Path

import pytest
from PySide6.QtCore import QFileSystemWatcher
from PySide6.QtWidgets import QApplication

from eqxviz.gui.settings import EDITOR
from eqxviz.session.selection import Selection
from tests.journeys.conftest import Desk

MODEL = """
import jax
import jax.numpy as jnp

import eqxcore as eqx
from layers import Scaled

key = jax.random.PRNGKey(0)
model = {
    "small": Scaled(jnp.ones(3, jnp.bfloat16), 2),
    "large": eqx.nn.MLP(4, 4, 64, 2, key=key),
    "it's": [Scaled(jnp.zeros(2), 1), jnp.arange(5)],
}
"""
MLP = """
import eqxcore as eqx
import jax

model = eqx.nn.MLP(2, 3, 8, 2, key=jax.random.PRNGKey(0))
"""
LAYERS = """
import eqxcore as eqx
import jax


class Scaled(eqx.Module):
    weight: jax.Array
    factor: int = eqx.field(static=True)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "layers.py").write_text(LAYERS)
    path = tmp_path / "net.py"
    path.write_text(MODEL)
    return path


def node_at(desk: Desk, path: str) -> int:
    model = desk.session.model
    assert model is not None
    return next(n for n in range(len(model.tree)) if model.tree.path(n) == path)


def path_of(desk: Desk, node: int) -> str:
    model = desk.session.model
    assert model is not None
    return model.tree.path(node)


def save(path: Path, text: str) -> None:
    """Write a file as many editors do: another one takes its place."""
    fresh = path.with_suffix(".tmp")
    fresh.write_text(text)
    os.replace(fresh, path)


def test_the_tree_is_searched_walked_sorted_and_copied_from(desk: Desk, file: Path):
    desk.open(file)
    view = desk.view("tree")
    found = view.finding.search
    view.search_bar.set_text("dtype:f32 size>1000")
    desk.until(lambda: found.text != "" and not found.is_searching, "the search", found.found)
    assert view.search_bar.hits == "1 of 1"
    assert path_of(desk, desk.session.selection.node) == "model['large'].layers[1].weight"
    assert view.crumbs.texts()[-1] == ".weight"
    view.nodes.copy_paths()
    assert QApplication.clipboard().text() == "model['large'].layers[1].weight"
    view.search_bar.set_text("dtype:bf16 | type:Scaled")
    desk.until(lambda: not found.is_searching and len(found) == 3, "the search", found.found)
    first = desk.session.selection.node
    desk.act("go.search_next")
    assert desk.session.selection.node != first
    desk.act("go.search_previous")
    assert desk.session.selection.node == first
    view.search_bar.set_text("size>many")
    desk.until(lambda: view.search_bar.problem != "", "the problem", found.found)
    view.sort_by("bytes", True)
    tops = [view.model.index(row, 0).data() for row in range(view.model.rowCount())]
    assert tops.index("['large']") < tops.index('["it\'s"]') < tops.index("['small']")
    desk.session.select(Selection(kind="node", node=node_at(desk, 'model["it\'s"][0].weight')))
    view.nodes.copy_lambda()
    where = eval(QApplication.clipboard().text())
    weight = object()
    scaled = type("Scaled", (), {"weight": weight})
    assert where({"it's": [scaled]}) is weight


def test_a_saved_file_is_read_again_and_everything_stays_in_its_place(desk: Desk, file: Path):
    desk.open(file)
    watch, session, view = desk.window.watch, desk.session, desk.view("tree")
    desk.until(lambda: len(watch.files) == 2, "the imports to be known", watch.watched)
    view.sort_by("bytes", True)
    view.table.unfold(node_at(desk, "model['large'].layers"), True)
    deep = "model['large'].layers[1].weight"
    session.select(Selection(kind="node", node=node_at(desk, deep)))
    before = [path_of(desk, view.model.node(row)) for row in range(view.model.rowCount())]
    first = session.model
    save(file, MODEL.replace("64", "32"))
    desk.until(lambda: session.model is not first and session.model_state == "filled", "the save")
    assert session.model.tree.shape(node_at(desk, deep)) == (32, 32)
    assert path_of(desk, session.selection.node) == deep
    assert path_of(desk, view.table.current_node()) == deep
    after = [path_of(desk, view.model.node(row)) for row in range(view.model.rowCount())]
    assert after == before
    second = session.model
    save(file, MODEL.replace("model = {", "model = {{"))
    desk.until(lambda: session.model_problem is not None, "the file that does not parse")
    assert session.model is second
    assert view.stack.state == "filled"
    assert "Line 9" in view.notice.text
    session.select(Selection(kind="node", node=node_at(desk, "model['small'].weight")))
    desk.until(lambda: getattr(session.value, "size", 0) == 3, "the values of the old model")
    with file.open("w") as open_file:  # in place
        open_file.write(MODEL)
    desk.until(lambda: session.model is not second and session.model_state == "filled", "the mend")
    assert view.notice.text == ""
    third = session.model
    save(file.with_name("layers.py"), LAYERS.replace("factor", "scale"))
    desk.until(lambda: session.model is not third and session.model_state == "filled", "a module")
    assert node_at(desk, "model['small'].scale")


@pytest.mark.full
def test_a_saved_file_is_drawn_again_at_the_same_zoom(desk: Desk, tmp_path: Path):
    file = tmp_path / "mlp.py"
    file.write_text(MLP)
    desk.open(file)
    graph = desk.view("graph")
    page = graph.page
    desk.until(lambda: page.scene is not None, "the graph", page.scene_shown)
    page.canvas.set_camera(page.canvas.camera.zoomed(1.7, 100, 80))
    camera, first = page.canvas.camera, page.scene
    save(file, MLP.replace("8", "16"))
    desk.until(lambda: page.scene not in (None, first), "the new graph", page.scene_shown)
    assert page.canvas.camera == camera


@pytest.mark.full
def test_a_saved_file_is_left_alone_where_that_is_switched_off(desk: Desk, file: Path):
    desk.open(file)
    watch = desk.window.watch
    desk.act("file.watch")
    assert not desk.window.actions_table.q["file.watch"].isChecked()
    first = desk.session.model
    save(file, MODEL.replace("64", "32"))
    watch._on_quiet()
    assert desk.session.model is first
    assert desk.session.model_state == "filled"
    desk.act("file.watch")
    desk.until(lambda: desk.session.model is not first, "the file to be read after all")


def test_the_class_of_a_node_opens_in_the_window_and_in_the_editor(
    desk: Desk, file: Path, tmp_path: Path
):
    desk.open(file)
    desk.session.select(Selection(kind="node", node=node_at(desk, "model['small']")))
    desk.act("tree.source")
    selection = desk.session.selection
    assert (Path(selection.file).name, selection.line) == ("layers.py", 6)
    desk.session.back()
    told = tmp_path / "told"
    script = tmp_path / "editor"
    script.write_text(f'#!/bin/sh\necho "$1" "$2" > {told}.part\nmv {told}.part {told}\n')
    script.chmod(0o755)
    desk.settings[EDITOR] = f"{script} --line={{line}} {{file}}"
    folder = QFileSystemWatcher([str(tmp_path)])
    desk.act("tree.edit")
    desk.until(told.exists, "the editor", folder.directoryChanged)
    assert told.read_text() == f"--line=6 {file.with_name('layers.py')}\n"
    desk.settings[EDITOR] = "no-such-editor {file}"
    desk.act("tree.edit")
    assert "no-such-editor" in desk.session.problems[-1].why
