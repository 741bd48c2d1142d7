"""A large model's tree comes in parts, and the session goes on meanwhile."""

import time

import pytest

from eqxviz.records import Problem, ValueSummary

LAYERS = """
import numpy as np
one = np.ones((2, 3), np.float32)
small = {"w": one}
large = [{"w": one, "b": np.zeros(3), "name": "layer"} for _ in range(%d)]
"""


@pytest.fixture
def large(write) -> str:
    return write("large.py", LAYERS % 60_000) + ":large"


def opened(session, owner, target):
    session.open(target)
    owner.run_until(lambda: session.model_state != "working")
    assert session.model_problem is None
    return session.model


def test_a_large_tree_grows_until_it_is_complete(session, owner, large):
    grown, changed = [], []
    session.tree_grew.connect(on_growth := lambda: grown.append(session.model.tree))
    tree = opened(session, owner, large).tree
    session.model_changed.connect(on_change := lambda: changed.append(1))
    assert not tree.is_complete
    assert session.is_growing
    began = time.monotonic()
    owner.run_until(lambda: not session.is_growing)
    session.tree_grew.disconnect(on_growth)
    session.model_changed.disconnect(on_change)
    sizes = [len(t) for t in grown]
    assert sizes == sorted(sizes)
    assert len(grown) <= 2 + (time.monotonic() - began) / 0.1
    assert changed == []
    tree = session.model.tree
    tree.check()
    assert tree.is_complete
    assert (len(tree), int(tree.n_leaves[0]), int(tree.n_params[0])) == (240_001, 180_000, 540_000)
    assert len(tree.places(int(tree.share[2 + 60_000 + 1]))) == 60_000


def test_a_value_is_read_while_the_tree_grows(session, owner, large):
    opened(session, owner, large)
    session.ask_value(1)
    owner.run_until(lambda: session.value is not None)
    assert isinstance(session.value, ValueSummary)
    assert session.is_growing
    owner.run_until(lambda: not session.is_growing)


def test_another_model_ends_the_growth_of_the_first(session, owner, large):
    opened(session, owner, large)
    session.open_target("small")
    owner.run_until(lambda: session.model_state != "working")
    assert not session.is_growing
    assert len(session.model.tree) == 2
    assert session.problems == []


def test_a_worker_that_dies_meanwhile_is_a_problem_and_the_tree_stays(session, owner, large):
    opened(session, owner, large)
    session.engine.inspector().kill()
    owner.run_until(lambda: not session.is_growing)
    assert isinstance(session.problems[-1], Problem)
    assert not session.model.tree.is_complete
    assert session.model_state == "filled"


def test_a_small_tree_is_complete_at_once(session, owner, write):
    assert opened(session, owner, write("small.py", LAYERS % 10)).tree.is_complete
    assert not session.is_growing


def test_the_rest_of_a_tree_is_given_up(session, owner, large):
    opened(session, owner, large)
    session.cancel_open()
    assert not session.is_growing
    assert session.model_state == "filled"
    assert [problem.code for problem in session.problems] == ["cancelled"]
    session.ask_value(1)
    owner.run_until(lambda: session.value is not None)
    assert isinstance(session.value, ValueSummary)
