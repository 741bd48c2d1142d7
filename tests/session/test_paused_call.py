"""Where a run pauses, the arguments of the call open and its function is drawn, by themselves."""

import pytest

from eqxviz.records import RunState
from eqxviz.session.sources import ModelSource

TRAIN = """
import jax, jax.numpy as jnp

@jax.jit
def make_step(w, x):
    loss = ((w * x) ** 2).sum()
    return loss, w * 0.9

w = jnp.ones(3)
x = jnp.arange(3.0)
while True:
    loss, w = make_step(w, x)
"""
MODEL = """
import jax.numpy as jnp
model = {"weight": jnp.zeros((2, 2))}
"""
NO_ARRAYS = """
import jax

@jax.jit
def count(n):
    return n + 1

n = 0
while True:
    count(3)
"""


@pytest.fixture
def script(write) -> str:
    return write("train.py", TRAIN)


@pytest.fixture
def paused(session, owner, script):
    """A session whose run waits before its first call."""
    for index in range(len(session.graphs)):
        session.close_graph(index)
    session.start_run(script, hold=True)
    owner.run_until(lambda: session.run.status.state is RunState.PAUSED)
    yield session
    session.opens_at_pause = session.draws_at_pause = True
    session.stop()
    owner.run_until(lambda: not session.run.is_live)


def is_call(session) -> bool:
    return session.source is not None and session.source.kind == "run" and session.model is not None


def paths(session) -> list[str]:
    tree = session.model.tree
    return [tree.path(node) for node in range(len(tree))]


def test_the_arguments_open_and_the_function_is_drawn_before_the_first_call(paused, owner):
    owner.run_until(lambda: is_call(paused))
    assert paths(paused) == ["", "w", "x"]
    assert paused.call_note == "Step 0"
    owner.run_until(lambda: paused.graphs and paused.graphs[0].state != "working")
    (tab,) = paused.graphs
    assert (tab.title, tab.state) == ("make_step", "filled")
    assert paused.problems == []


def test_arguments_that_stay_open_while_another_run_begins_say_that_they_are_of_an_earlier_one(
    paused, owner, script
):
    owner.run_until(lambda: paused.call_moment == "before call 1")
    paused.stop()
    owner.run_until(lambda: not paused.run.is_live)
    assert paused.call_moment == "was step 0"
    paused.opens_at_pause = False
    paused.start_run(script)
    owner.run_until(lambda: paused.run.status.state is RunState.RUNNING)
    assert paused.call_moment == "step 0 of an earlier run"
    assert paused.call_note == "Step 0 of an earlier run of train.py"


def test_the_arguments_follow_the_steps_and_the_graph_is_drawn_once(paused, owner):
    owner.run_until(lambda: is_call(paused) and paused.graphs[0].state == "filled")
    graph = paused.graphs[0].graph
    for step in (1, 2, 3):
        paused.step()
        owner.run_until(lambda step=step: paused.run.status.step == step and paused.is_call_current)
    assert paused.call_note == "Step 3"
    assert paused.call_moment == "before call 4"
    paused.ask_value(1)
    owner.run_until(lambda: paused.value is not None)
    assert paused.value.maximum == pytest.approx(0.9**3)
    assert paused.graphs[0].graph is graph


def test_a_model_that_gave_way_is_brought_back_as_it_was(session, owner, write, script):
    model = write("model.py", MODEL)
    session.open(model)
    owner.run_until(lambda: session.model_state == "filled")
    before = session.model
    session.start_run(script, hold=True)
    owner.run_until(lambda: is_call(session))
    assert session.set_aside is not None
    assert session.set_aside.source.path == model
    session.bring_back()
    assert session.model is before
    assert session.set_aside is None
    session.ask_value(1)
    owner.run_until(lambda: session.value is not None)
    assert session.value.maximum == 0.0
    # The user has turned to the model: it is not taken away again.
    session.step()
    owner.run_until(lambda: session.run.status.step == 1 and session.run.is_still)
    session.step()
    owner.run_until(lambda: session.run.status.step == 2 and session.run.is_still)
    assert session.model is before
    session.open_call()
    owner.run_until(lambda: is_call(session) and session.model_state == "filled")
    assert session.set_aside.model is before
    session.stop()
    owner.run_until(lambda: not session.run.is_live)


def test_a_model_whose_file_changed_meanwhile_is_run_anew(session, owner, write, script):
    model = write("model.py", MODEL)
    session.open(model)
    owner.run_until(lambda: session.model_state == "filled")
    session.start_run(script, hold=True)
    owner.run_until(lambda: is_call(session))
    write("model.py", MODEL.replace("(2, 2)", "(5, 5)"))
    session.bring_back()
    owner.run_until(lambda: session.model_state == "filled" and not is_call(session))
    assert session.model.tree.n_bytes[0] == 5 * 5 * 4
    session.stop()
    owner.run_until(lambda: not session.run.is_live)


def test_what_is_turned_off_does_not_happen(session, owner, script):
    session.opens_at_pause = session.draws_at_pause = False
    before, n_graphs = session.model, len(session.graphs)
    session.start_run(script, hold=True)
    owner.run_until(lambda: session.run.status.state is RunState.PAUSED)
    session.step()
    owner.run_until(lambda: session.run.status.step == 1 and session.run.is_still)
    assert session.model is before
    assert len(session.graphs) <= n_graphs
    session.opens_at_pause = session.draws_at_pause = True
    session.stop()
    owner.run_until(lambda: not session.run.is_live)


def test_a_call_without_arrays_leaves_the_model_alone(session, owner, write):
    session.open(write("model.py", MODEL))
    owner.run_until(lambda: session.model_state == "filled")
    before = session.source
    session.start_run(write("count.py", NO_ARRAYS), hold=True)
    owner.run_until(lambda: session.run.status.state is RunState.PAUSED)
    owner.run_until(lambda: session.graphs and session.graphs[-1].state == "filled")
    assert session.source == before
    assert isinstance(session.source, ModelSource)
    assert session.model_state == "filled"
    session.stop()
    owner.run_until(lambda: not session.run.is_live)


def test_pausing_is_said_at_once_and_the_run_again_begins_anew(session, owner, script):
    session.start_run(script)
    owner.run_until(lambda: session.run.status.step > 3)
    heard = []
    session.run_changed.connect(lambda: heard.append(session.activity.words(session.run)))
    session.pause()
    assert heard == ["pausing…"]
    owner.run_until(lambda: session.run.status.state is RunState.PAUSED)
    place = f"make_step at train.py:{1 + TRAIN.splitlines().index('    loss, w = make_step(w, x)')}"
    assert heard[-1] == f"paused before call {session.run.status.step + 1:,} of {place}"
    first = session.run
    session.run_again()
    assert session.run is not first
    assert session.run.script == script
    owner.run_until(lambda: session.run.status.step > 3)
    session.stop()
    assert session.activity.words(session.run).startswith("stopping")
    owner.run_until(lambda: not session.run.is_live)
    session.run_changed.disconnect()
