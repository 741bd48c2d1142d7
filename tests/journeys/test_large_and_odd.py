"""Models that are very large, very deep, or that JAX itself cannot flatten, in the window."""

from pathlib import Path

from eqxviz.session.selection import Selection
from tests.journeys.conftest import Desk

ODD = """
import collections
import jax
import jax.numpy as jnp
import numpy as np
import eqxcore as eqx

class Failing:
    def __repr__(self):
        raise RuntimeError("not today")
    __eq__ = __hash__ = __bool__ = __repr__

@jax.tree_util.register_pytree_node_class
class Broken:
    def tree_flatten(self):
        raise RuntimeError("no children today")
    @classmethod
    def tree_unflatten(cls, aux, children):
        return cls()

class Layer(eqx.Module):
    weight: jax.Array
    owner: object = eqx.field(static=True)

def nested(depth):
    value = jnp.ones(2)
    for _ in range(depth):
        value = [value]
    return value

owner = {}
layer = Layer(jnp.ones(3), owner)
owner["layer"] = layer
loop = [1]
loop.append(loop)
gone = jnp.ones(4)
gone.delete()
model = {
    "w": jnp.ones((2, 3)), "loop": loop, "broken": Broken(), "failing": Failing(), "layer": layer,
    "deep": nested(900), "too deep": nested(10_000), "mixed": {1: 1, None: 2, "a b": 3},
    "text": "x" * 1_000_000, "surrogate \\ud800 \\n'": "\\ud800", "gone": gone, "none": None,
    "empty": [(), {}, collections.OrderedDict()], "objects": np.array([{}], object),
    "shape": jax.ShapeDtypeStruct((1 << 20, 1 << 20), jnp.float32),
}
"""
LARGE = """
import numpy as np
one = np.ones((2, 3), np.float32)
model = [{"w": one, "b": np.zeros(3), "name": "layer"} for _ in range(100_000)]
"""


def test_an_odd_model_is_shown_and_its_problems_are_told_at_their_nodes(desk: Desk, tmp_path: Path):
    file = tmp_path / "odd.py"
    file.write_text(ODD)
    desk.open(file)
    assert desk.session.model_problem is None
    tree = desk.session.model.tree
    view = desk.view("tree")
    view.table.unfold(0, True, below=True)
    assert view.model.rowCount() == len(tree)
    nodes = tree.problem_node.tolist()
    assert {tree.path(n)[:20] for n in nodes} == {
        "model['broken']", "model['loop'][1]", "model['mixed']", "model['too deep'][0]"[:20]
    }  # fmt: skip
    for node in [*nodes, 0, len(tree) - 1]:
        desk.session.select(Selection(kind="node", node=node))
        desk.until(lambda: desk.session.value is not None, "the value")
    desk.view("details")
    assert desk.session.problems == []


def test_a_large_model_grows_in_the_window_while_it_is_used(desk: Desk, tmp_path: Path):
    file = tmp_path / "large.py"
    file.write_text(LARGE)
    desk.open(file)
    view = desk.view("tree")
    assert desk.session.is_growing
    n_first = view.model.rowCount()
    assert n_first > 1000
    desk.session.select(Selection(kind="node", node=2))
    desk.until(lambda: desk.session.value is not None, "the value")
    session = desk.session
    desk.until(lambda: not session.is_growing, "the whole tree", session.tree_grew)
    tree = session.model.tree
    assert (tree.is_complete, len(tree)) == (True, 400_001)
    shown = view.model
    signals = (shown.layoutChanged, shown.modelReset, shown.rowsInserted)
    desk.until(lambda: shown.outline.tree is tree, "the whole tree in the view", *signals)
    view.table.unfold(0, True, below=True)
    assert view.model.rowCount() == len(tree)
    assert session.selection.node == 2
    assert session.problems == []
