"""Tied weights and their fix, optimiser state beside its parameter, gradients seen in a run."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QPushButton

from eqxviz.gui.widgets import LinkButton
from eqxviz.session.selection import Selection
from tests.journeys.conftest import Desk

TIED = """
import equinox as eqx
import jax
import optax

embedding = eqx.nn.Embedding(7, 4, key=jax.random.key(0))
head = eqx.nn.Linear(4, 7, use_bias=False, key=jax.random.key(1))
layer = eqx.nn.Linear(2, 2, key=jax.random.key(2))


class Model(eqx.Module):
    embedding: eqx.nn.Embedding
    head: eqx.nn.Linear
    layers: list


tied = eqx.tree_at(lambda h: h.weight, head, embedding.weight)
model = Model(embedding, tied, [layer, layer])
opt_state = optax.adam(0.1).init(eqx.filter(model, eqx.is_array))
"""
TRAINED = """
import equinox as eqx
import jax
import jax.numpy as jnp

model = eqx.nn.MLP(2, 1, 4, 1, key=jax.random.key(0))
spec = jax.tree_util.tree_map(lambda _: False, model)
spec = eqx.tree_at(lambda m: m.layers[1].weight, spec, True)


def loss_fn(trained, frozen, x):
    return jnp.mean(jax.vmap(eqx.combine(trained, frozen))(x) ** 2)


@eqx.filter_jit
def step(trained, frozen, x):
    return eqx.filter_grad(loss_fn)(trained, frozen, x)


if __name__ == "__main__":
    for _ in range(3):
        step(*eqx.partition(model, spec), jnp.ones((3, 2)))
"""


def written(folder: Path, source: str) -> Path:
    file = folder / "script.py"
    file.write_text(source)
    return file


def node_at(desk: Desk, path: str) -> int:
    tree = desk.session.model.tree
    return next(n for n in range(len(tree)) if tree.path(n) == path)


def links(widget: Any) -> dict[str, LinkButton]:
    return {button.whole_text: button for button in widget.findChildren(LinkButton)}


def test_tied_weights_are_shown_jumped_to_and_fixed(desk: Desk, tmp_path: Path):
    desk.open(f"{written(tmp_path, TIED)}:model")
    view, sharing = desk.view("sharing"), desk.session.sharing
    desk.until(lambda: sharing.check is not None, "the check", sharing.changed)
    assert view.stack.state == "filled"
    assert (
        view.headline.text() == "2 objects are held at several places. That saves 136 B of 272 B."
    )
    assert view.model.index(0, 0).data() == "model.embedding.weight, model.head.weight"
    assert "appears in the PyTree multiple times" in view.page.check.text()
    assert view.page.check.text().startswith("equinox.tree_check raises")
    links(view.page.places)["model.head.weight"].click()
    assert desk.session.selection == Selection(kind="node", node=node_at(desk, "model.head.weight"))
    tie = view.page.cards[0]
    assert "where=lambda m: m.head.weight" in tie.code.source
    tie.findChild(QPushButton).click()
    names: dict[str, Any] = {}
    exec(compile(TIED + QApplication.clipboard().text(), "fixed.py", "exec"), names)
    assert names["model"].head.weight is names["model"].embedding.weight
    assert names["shared"].pytree.head.weight is not names["model"].head.weight

    layers = node_at(desk, "model.layers[1]")
    desk.session.select(Selection(kind="node", node=layers))
    assert view.table.currentIndex().row() == 1
    assert set(links(view.page.places)) == {"model.layers[0]", "model.layers[1]"}


def test_a_model_without_sharing_says_so(desk: Desk, tmp_path: Path):
    desk.open(written(tmp_path, "import jax.numpy as jnp\nmodel = [jnp.ones(2), jnp.ones(2)]\n"))
    view = desk.view("sharing")
    assert view.stack.state == "empty"
    assert desk.session.sharing.check is None


@pytest.mark.full
def test_optimiser_state_and_parameters_lead_to_each_other(desk: Desk, tmp_path: Path):
    desk.open(f"{written(tmp_path, TIED)}:model,opt_state")
    assert desk.session.model.target.name == "model,opt_state"
    details = desk.view("details")
    weight, mu = "model.head.weight", "opt_state[0].mu.head.weight"
    desk.session.select(Selection(kind="node", node=node_at(desk, weight)))
    links(details)["mu f32[7,4], 112 B"].click()
    assert desk.session.selection.node == node_at(desk, mu)
    links(details)[weight].click()
    assert desk.session.selection.node == node_at(desk, weight)
    xray = desk.session.xray
    assert xray.state(node_at(desk, weight), "optimiser").word == "state"
    assert xray.state(node_at(desk, mu), "optimiser").word == "is state"


@pytest.mark.full
def test_a_gradient_that_a_run_took_marks_the_leaves_of_the_model(desk: Desk, tmp_path: Path):
    file = written(tmp_path, TRAINED)
    desk.open(f"{file}:model")
    weight, frozen = (node_at(desk, f"model.layers[{i}].weight") for i in (1, 0))
    assert desk.session.xray.state(weight, "gradient").word == "unknown"
    desk.run(file)
    session = desk.session
    desk.until(
        lambda: session.xray.state(weight, "gradient").word != "unknown",
        "the gradient",
        session.xray_changed,
    )
    line = TRAINED.split("\n").index("def loss_fn(trained, frozen, x):") + 1
    assert session.xray.state(weight, "gradient").why == (
        f"Receives a gradient in loss_fn (script.py:{line})."
    )
    assert session.xray.state(frozen, "gradient").word == "no gradient"
    assert "partition" in session.xray.state(frozen, "gradient").why
    desk.wait_for_state("finished")
