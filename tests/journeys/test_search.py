"""A NaN is looked for in the tree, and found once the values were read."""

from pathlib import Path

from tests.journeys.conftest import Desk

MODEL = """
import jax.numpy as jnp

model = {
    "layers": [{"weight": jnp.ones((4, 4)), "bias": jnp.zeros(4)} for _ in range(3)],
    "scale": jnp.array([1.0, float("nan")]),
}
"""


def test_a_search_for_nan_waits_for_the_statistics(desk: Desk, tmp_path: Path):
    (tmp_path / "net.py").write_text(MODEL)
    desk.open(tmp_path / "net.py")
    session, view = desk.session, desk.view("tree")
    found = view.finding.search
    view.search_bar.set_text("nan | /layers.*bias'/ zero")
    desk.until(lambda: "needs the values" in found.problem, "the problem", found.found)
    assert "needs the values" in view.search_bar.problem
    session.statistics.start(0)
    desk.until(lambda: len(found) == 4, "the statistics and the search", found.found)
    assert not view.search_bar.problem
    tree = session.model.tree
    assert [tree.path(int(node)) for node in found.matches] == [
        *(f"model['layers'][{i}]['bias']" for i in range(3)),
        "model['scale']",
    ]
    desk.act("go.search_next")
    assert tree.path(session.selection.node) in {tree.path(int(n)) for n in found.matches}
