"""From a file to the elements of an array, the leaf that holds a NaN, and a reading given up."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from eqxviz.session.selection import Selection
from tests.journeys.conftest import Desk

MODEL = """
import jax
import jax.numpy as jnp
import numpy as np

layers = [{"weight": jax.random.normal(jax.random.key(i), (96, 64)), "bias": jnp.ones(96)}
          for i in range(6)]
layers[3]["weight"] = layers[3]["weight"].at[3, 17].set(jnp.nan)
large = np.broadcast_to(np.float32(1.5), (30_000, 100_000))
model = {"layers": layers, "kernel": jnp.arange(5 * 4 * 3 * 2.0).reshape(5, 4, 3, 2)}
"""


def node(desk: Desk, path: str) -> int:
    model = desk.session.model
    assert model is not None
    return next(n for n in range(len(model.tree)) if model.tree.path(n) == path)


def test_from_the_table_to_the_leaf_with_a_nan_and_down_to_the_element(desk: Desk, tmp_path: Path):
    file = tmp_path / "net.py"
    file.write_text(MODEL)
    desk.open(f"{file}:model")
    session, view = desk.session, desk.view("values")
    table = session.statistics
    desk.until(lambda: table.state == "filled", "the table", table.changed)
    page = view.table_page
    assert page.model.data(page.model.index(0, 0)) == "['layers'][3]['weight']"
    assert page.model.data(page.model.index(0, 1)) == "1 NaN"
    first = page.rows.visualRect(page.model.index(0, 0)).center()
    QTest.mouseClick(page.rows.viewport(), Qt.MouseButton.LeftButton, pos=first)
    weight = node(desk, "model['layers'][3]['weight']")
    assert session.selection == Selection(kind="node", node=weight)
    QTest.keyClick(page.rows, Qt.Key.Key_Return)
    leaf = session.leaf_view
    desk.until(lambda: leaf.tile is not None, "the heat map", leaf.tile_changed)
    heat_map = view.leaf_page.heat_map
    heat_map.show_element(3, 17)

    def told() -> bool:
        return leaf.words_at(3, 17) == "model['layers'][3]['weight'][3, 17] = nan"

    desk.until(told, "the element's text", leaf.tile_changed)
    desk.until(lambda: session.value is not None, "the statistics")
    assert session.value.n_nan == 1
    session.select(Selection(kind="node", node=node(desk, "model['kernel']")))
    desk.until(lambda: leaf.tile is not None, "the kernel", leaf.tile_changed)
    view.leaf_page.axes.sliders[0].setValue(1)
    desk.until(lambda: leaf.tile is not None, "its other half", leaf.tile_changed)
    assert leaf.words_at(2, 1).endswith("[1, 0, 2, 1] = 29")


def test_reading_a_large_array_is_told_and_can_be_given_up(desk: Desk, tmp_path: Path):
    file = tmp_path / "large.py"
    file.write_text(MODEL + "model = {'large': large, 'small': large[:2, :2]}\n")
    desk.open(f"{file}:model")
    session, view = desk.session, desk.view("values")
    session.select(Selection(kind="node", node=node(desk, "model['large']")))
    desk.until(lambda: session.value_progress > 0, "the progress", session.value_progressed)
    assert session.value is None
    assert session.value_progress < 0.9
    view.leaf_page.side_stack.cancelled.emit()
    assert view.leaf_page.side_stack.state == "failed"
    # The worker is free at once for what is asked next.
    session.select(Selection(kind="node", node=node(desk, "model['small']")))
    desk.until(lambda: session.value is not None, "the small one's statistics")
    assert session.value.mean == 1.5
