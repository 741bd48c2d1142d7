"""Models side by side: two of a file, snapshots of a run, and a paused call seen as a tree."""

from pathlib import Path

import numpy as np
import pytest

from eqxviz.records import ValueSummary
from eqxviz.session.selection import Selection
from tests.journeys.conftest import Desk

MODELS = """
import jax.numpy as jnp

def params(scale):
    return {"w": jnp.ones((4, 3)) * scale, "b": jnp.zeros(3), "act": "relu"}

first = params(1.0)
second = params(1.0) | {"w": jnp.ones((4, 3)).at[2, 1].set(3.0), "act": "tanh", "extra": 5}
"""

TRAIN = """
import equinox as eqx
import jax
import jax.numpy as jnp
import optax

model = eqx.nn.MLP(3, 1, 4, 1, key=jax.random.key(0))
optim = optax.adam(1e-2)
state = optim.init(eqx.filter(model, eqx.is_inexact_array))

@eqx.filter_jit(donate="all-except-first")
def make_step(x, model, state):
    def loss_fn(model):
        return jnp.mean(jax.vmap(model)(x) ** 2)
    loss, grads = eqx.filter_value_and_grad(loss_fn)(model)
    updates, state = optim.update(grads, state)
    return eqx.apply_updates(model, updates), state, loss

x = jax.random.normal(jax.random.key(1), (16, 3))
while True:
    model, state, loss = make_step(x, model, state)
"""


def compared(desk: Desk) -> dict[str, str]:
    """What differs, in words by path, once all values are compared."""
    comparison = desk.session.comparison
    signals = comparison.changed, comparison.progressed
    desk.until(
        lambda: comparison.state in ("filled", "failed") and not comparison.is_busy,
        *("the comparison", *signals),
    )
    view = desk.view("compare")
    assert comparison.note == ""
    rows = range(view.model.rowCount())
    return {view.model.index(r, 0).data(): view.model.index(r, 1).data() for r in rows}


def test_two_models_of_a_file_are_compared_and_a_row_selects_its_node(desk: Desk, tmp_path: Path):
    path = tmp_path / "models.py"
    path.write_text(MODELS)
    desk.open(f"{path}:first")
    desk.window.opener.compare(f"{path}:second", is_trusted=True)
    desk.until(lambda: desk.window.centre.view_name == "compare", "the view")
    assert compared(desk) == {
        "['extra']": "+  only in B",
        "['act']": "≠  static value",
        "['w']": "Δ  values",
    }
    view = desk.view("compare")
    assert view.summary.text() == "1 differs in static value, 1 in values, 1 only in B; 1 is equal"
    view.table.selectRow(2)
    tree, node = desk.session.model.tree, desk.session.selection.node
    assert tree.path(node) == "first['w']"
    desk.until(
        lambda: desk.session.comparison.difference_map is not None,
        *("where they differ", desk.session.comparison.mapped),
    )
    assert view.pair.picture.isVisible()


@pytest.fixture
def paused(desk: Desk, tmp_path: Path) -> Desk:
    script = tmp_path / "train.py"
    script.write_text(TRAIN)
    desk.run(script)
    desk.until(lambda: desk.session.run.status.step > 2, "some steps")
    desk.act("run.pause")
    desk.wait_for_state("paused")
    return desk


def at(desk: Desk) -> int:
    return desk.session.run.status.step


def step(desk: Desk) -> None:
    """Let one call pass, and wait until its arguments are shown in place of those before."""
    before = at(desk)
    desk.act("run.step")
    desk.until(lambda: desk.session.call_step == before + 1, "the next arguments")


@pytest.mark.full
def test_a_paused_call_opens_as_a_tree_and_keeps_its_place_from_pause_to_pause(paused: Desk):
    desk, session = paused, paused.session
    desk.act("run.open_call")
    desk.until(lambda: session.model_state == "filled", "the arguments")
    tree = session.model.tree
    assert [tree.path(n) for n in tree.children(0)] == ["x", "model", "state"]
    assert session.call_note == f"Step {at(desk):,}"
    node = next(n for n in range(len(tree)) if tree.path(n) == "model.layers[0].weight")
    session.select(Selection(kind="node", node=node))
    desk.until(lambda: isinstance(session.value, ValueSummary), "its statistics")
    first = session.value
    assert first.size == 12
    step(desk)
    assert session.model.tree.path(session.selection.node) == "model.layers[0].weight"
    desk.until(
        lambda: isinstance(session.value, ValueSummary) and session.value.mean != first.mean,
        "the statistics after the step",
    )
    desk.act("run.continue")
    desk.wait_for_state("running")
    assert "until the next pause" in session.call_note
    desk.act("run.stop")
    desk.wait_for_state("stopped")


def test_snapshots_at_two_steps_show_what_training_changed(paused: Desk):
    desk, comparison = paused, paused.session.comparison
    desk.session.open_call("model")
    desk.until(lambda: desk.session.model_state == "filled", "the model")
    steps = []
    for n in (1, 2):
        steps.append(at(desk))
        desk.act("compare.take")
        desk.until(
            lambda n=n: len(comparison.sides.snapshots) == n, "a snapshot", comparison.sides.changed
        )
        step(desk)
    titles = [side.title for side in comparison.sides.snapshots]
    assert titles == [f"step {s:,} · model" for s in steps]
    desk.act("run.continue")
    desk.wait_for_state("running")
    # Snapshots are copies: they are compared while the run goes on and donates what it has.
    comparison.compare(*comparison.sides.snapshots)
    changed = compared(desk)
    assert set(changed.values()) == {"Δ  values"}
    assert {path.rpartition(".")[2] for path in changed} == {"weight", "bias"}
    assert np.nanmax(comparison.table.max_abs) > 0
    desk.act("run.stop")
    desk.wait_for_state("stopped")
