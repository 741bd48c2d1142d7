"""A training script's curves under the window: together, over samples, at a step, and kept."""

import csv
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.journeys.conftest import Desk

TRAIN = """
import jax
import jax.numpy as jnp

@jax.jit
def make_step(w, x, y):
    loss, grad = jax.value_and_grad(lambda w: jnp.mean((x @ w - y) ** 2))(w)
    return loss, w - 0.1 * grad

@jax.jit
def evaluate(w, x, y):
    return jnp.mean((x @ w - y) ** 2)

x = jax.random.normal(jax.random.key(0), (64, 3))
y = x @ jnp.array([1.0, 2.0, -1.0])
w = jnp.zeros(3)
for i in range(200):
    loss, w = make_step(w, x[:32], y[:32])
    if i % 10 == 0:
        val_loss = evaluate(w, x[32:], y[32:])
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "train.py"
    path.write_text(TRAIN)
    return path


def train(desk: Desk) -> Any:
    """Run to the end, and return the Curves view once it has every point."""
    desk.wait_for_state("finished", "failed", "died")
    desk.until(lambda: {c.n for c in desk.session.run.series.values()} == {200, 20}, "all points")
    view = desk.view("curves")
    view.refresh()
    return view


def test_a_user_compares_losses_pins_a_step_and_takes_the_values_away(
    desk: Desk, script: Path, tmp_path: Path
):
    desk.run(script)
    view = train(desk)
    assert [card.title.text for card in view.cards.values()] == ["loss", "val_loss"]
    view.board.draw_together(("loss", "val_loss"))
    view.refresh()
    (card,) = view.grid.in_view()
    assert [line.name for line in card.drawing.all_lines] == ["loss", "val_loss"]
    frame = card.canvas.frame
    at = frame.box.center().toPoint()
    at.setX(round(frame.x(100.0)))
    QTest.mouseMove(card.canvas, at)
    desk.until(lambda: len(card.readings) == 2, "the readings", card.hovered)
    QTest.mouseClick(card.canvas, Qt.MouseButton.LeftButton, pos=at)
    selection = desk.session.selection
    assert selection.kind == "series"
    assert abs(selection.step - 100) <= 1  # what a pixel stands for
    facts = {fact.name: fact.value for fact in desk.view("details").details().facts}
    assert facts["At step"].startswith(f"{selection.step} · ")
    assert "Value" in facts
    path = tmp_path / "losses.csv"
    view.saving.write_csv(path, [card.plot], is_all=True)
    desk.until(path.exists, "the table", view.saving.done)
    heads, *rows = csv.reader(path.read_text().splitlines())
    assert heads[0] == "curve"
    assert sum(row[0] == "loss" for row in rows) == 200


@pytest.mark.full
def test_the_plots_of_a_script_are_as_they_were_left(desk: Desk, script: Path):
    desk.run(script)
    view = train(desk)
    view.board.draw_together(("loss", "val_loss"))
    view.board.change_look(window=20)
    first = desk.session.run
    desk.act("run.continue")
    desk.until(lambda: desk.session.run is not first, "another run")
    view = train(desk)
    (plot,) = view.board.shown()
    assert plot.names == ("loss", "val_loss")
    assert view.board.look.window == 20
