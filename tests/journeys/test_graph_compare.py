"""A file is edited while its graph is shown: what the edit changed, and the gradient beside it."""

from pathlib import Path

from eqxviz.session.graph_compare import Status
from tests.journeys.conftest import Desk

MODEL = """
import jax
import jax.numpy as jnp
import eqxcore as eqx

class Net(eqx.Module):
    first: eqx.nn.Linear
    second: eqx.nn.Linear

    def __call__(self, x):
        x = jax.nn.relu(self.first(x))
        return jnp.sum(self.second(x))

keys = jax.random.split(jax.random.key(0))
model = Net(eqx.nn.Linear(3, 4, key=keys[0]), eqx.nn.Linear(4, 2, key=keys[1]))
"""


def primitives(desk: Desk, status: Status) -> list[str]:
    """The primitives of what was found to be of a status, in order."""
    table = desk.session.graph_comparison.found.equations
    rows = (table.difference.status == status).nonzero()[0].tolist()
    return [table.cell(row, 2) for row in rows]


def wait_for_comparison(desk: Desk) -> None:
    comparison = desk.session.graph_comparison
    desk.until(
        lambda: comparison.state in ("filled", "failed"), "the comparison", comparison.changed
    )
    assert comparison.state == "filled", comparison.problem


def choose(desk: Desk, title: str) -> None:
    """Choose from the menu of what the graph can be compared with."""
    menu = desk.view("graph").below.menu
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text() == title).trigger()


def test_an_edit_is_compared_with_what_was_and_the_gradient_with_the_forward_pass(
    desk: Desk, tmp_path: Path
):
    session, path = desk.session, tmp_path / "net.py"
    path.write_text(MODEL)
    desk.open(f"{path}:model")
    desk.act("graph.model")
    desk.until(lambda: session.graph("model").state == "filled", "the graph")
    before = session.graph("model").graph
    view = desk.view("graph")

    path.write_text(MODEL.replace("self.second(x))", "self.second(x) * 0.5)"))
    desk.act("file.reload")
    desk.until(
        lambda: (
            session.graph("model").graph not in (None, before)
            and session.graph("model").state == "filled"
        ),
        "the graph after the edit",
    )
    choose(desk, "What it was before")
    wait_for_comparison(desk)
    assert primitives(desk, Status.ADDED) == ["mul"]
    assert primitives(desk, Status.REMOVED) == []
    assert primitives(desk, Status.CHANGED) == ["reduce_sum"]
    panel = view.below.panel
    assert panel.isVisible()
    assert panel.summary.text().startswith("1 changed, 1 added; ")
    panel.table.selectRow(0)
    graph = session.graph("model").graph
    assert graph.text(int(graph.equation_primitive[session.selection.equation])) == "mul"

    choose(desk, "Gradient of the same")
    wait_for_comparison(desk)
    assert session.graphs[session.current_graph].key == "model|gradient"
    assert len(primitives(desk, Status.ADDED)) > 5
    assert primitives(desk, Status.REMOVED) == []
    panel.close_button.click()
    assert session.graph_comparison.state == "empty"
