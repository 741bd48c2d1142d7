"""The rest of a large tree is read in parts, from a file's model and from a run's."""

from collections.abc import Callable
from pathlib import Path

import pytest

from eqxviz.records import (
    GrowingTree,
    OpenedModel,
    OpenModel,
    Problem,
    ReadRows,
    ReadValue,
    Record,
    TreeRows,
    ValueSummary,
)
from tests.worker.conftest import Client, Run

SOURCE = """
import jax
import jax.numpy as jnp
import numpy as np

one = np.ones((2, 3), np.float32)
params = [{"w": one, "name": str(i)} for i in range(30_000)]

@jax.tree_util.register_pytree_node_class
class Callable:
    def __init__(self, layers, weight):
        self.layers, self.weight = layers, weight
    def tree_flatten(self):
        return (self.layers, self.weight), None
    @classmethod
    def tree_unflatten(cls, aux, children):
        return cls(*children)
    def __call__(self, x):
        return self.weight @ x

model = Callable(params, jnp.ones((5, 4)))
jax.jit(jnp.sin)(1.0)
"""


@pytest.fixture
def source(tmp_path: Path) -> str:
    path = tmp_path / "large.py"
    path.write_text(SOURCE)
    return str(path)


def rest_of(ask: Callable[[Record], Record], opened: Record) -> GrowingTree:
    """Read the tree of `opened` to its end."""
    assert isinstance(opened, OpenedModel)
    assert not opened.tree.is_complete
    growing = GrowingTree(opened.tree)
    while not growing.tree().is_complete:
        part = ask(ReadRows(opened.tree.revision))
        assert isinstance(part, TreeRows)
        growing.add(part)
    return growing


def test_a_file_is_read_to_its_end_and_another_model_ends_that(opener: Client, source: str):
    first = opener.ask(OpenModel(source, "params"))
    tree = rest_of(opener.ask, first).tree()
    assert (len(tree), int(tree.n_params[0])) == (90_001, 180_000)
    again = opener.ask(ReadRows(tree.revision))
    assert isinstance(again, TreeRows)
    assert (len(again.key), again.end is not None) == (0, True)
    other = opener.ask(OpenModel(source, "one"))
    assert isinstance(other, OpenedModel)
    assert other.tree.is_complete
    stale = opener.ask(ReadRows(tree.revision))
    assert isinstance(stale, Problem)
    assert stale.code == "stale"


def test_questions_are_answered_between_two_parts(opener: Client, source: str):
    opened = opener.ask(OpenModel(source, "params"))
    assert isinstance(opened, OpenedModel)
    revision = opened.tree.revision
    asked = [
        opener.tell(r) for r in (ReadRows(revision), ReadValue(revision, 5), ReadRows(revision))
    ]
    kinds = [type(opener.answer(request)) for request in asked]
    assert kinds == [TreeRows, ValueSummary, TreeRows]


def test_the_inputs_of_a_large_model_come_with_its_end(opener: Client, source: str):
    opened = opener.ask(OpenModel(source, "model"))
    assert isinstance(opened, OpenedModel)
    assert opened.inputs == ""
    part = opener.ask(ReadRows(opened.tree.revision))
    while isinstance(part, TreeRows) and part.end is None:
        part = opener.ask(ReadRows(opened.tree.revision))
    assert isinstance(part, TreeRows)
    assert part.end is not None
    assert part.end.inputs == "f32[4]"


def test_what_a_run_left_is_read_to_its_end(run: Callable[..., Run]):
    started = run(SOURCE)
    started.client.until_end()
    tree = rest_of(started.client.ask, started.client.ask(OpenModel("", "params"))).tree()
    assert len(tree) == 90_001
