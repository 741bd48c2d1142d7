"""Checkpoints that a run saves by itself, read back by Equinox."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import equinox
import jax
import numpy as np
import pytest

from eqxviz.capturing import Capture, Gate
from eqxviz.records import (
    Checkpoints,
    Control,
    Done,
    GateCommand,
    OpenedModel,
    OpenModel,
    Problem,
    Record,
    RunState,
    RunStatus,
    Saved,
    SaveLeaves,
    SavePlan,
)
from eqxviz.worker import half_written
from eqxviz.worker.checkpoints import Checkpointing

from .conftest import Run, wait_until

SCRIPT = """
import sys, time
import equinox, jax, jax.numpy as jnp, optax

model = equinox.nn.MLP(2, 1, 8, 1, key=jax.random.key(0))
optimiser = optax.adam(1e-2)
state = optimiser.init(equinox.filter(model, equinox.is_array))

@equinox.filter_jit{donate}
def step(model, state, x):
    def loss(model):
        return (jax.vmap(model)(x) ** 2).mean()
    value, grads = equinox.filter_value_and_grad(loss)(model)
    updates, state = optimiser.update(grads, state)
    return equinox.apply_updates(model, updates), state, value

def save(name):
    equinox.tree_serialise_leaves("expected_" + name, (model, state))

x = jnp.ones((4, 2))
for i in range(int(sys.argv[1])):
    model, state, loss = step(model, state, x)
    save(str(i + 1))
    float(loss)
    time.sleep(float(sys.argv[2]))
"""
PLAIN = SCRIPT.format(donate="")
DONATING = SCRIPT.format(donate='(donate="all")')
MLP = equinox.nn.MLP(2, 1, 8, 1, key=jax.random.key(1))


def newest(run: Run) -> Checkpoints:
    return run.client.of(Checkpoints)[-1]


def plan_of(run: Run, **how: Any) -> SavePlan:
    return SavePlan(folder=str(run.worker.place / "saved"), **how)


def expected(run: Run, step: int) -> Any:
    import optax

    state = optax.adam(1e-2).init(equinox.filter(MLP, equinox.is_array))
    path = run.worker.place / f"expected_{step}.eqx"
    return equinox.tree_deserialise_leaves(path, (MLP, state))


def same(one: Any, other: Any) -> bool:
    arrays = [jax.tree.leaves(equinox.filter(tree, equinox.is_array)) for tree in (one, other)]
    return all(np.array_equal(a, b) for a, b in zip(*arrays, strict=True))


def until_told(run: Run, is_due: Callable[[Checkpoints], bool]) -> Checkpoints:
    found = run.client.until(lambda e: isinstance(e, Checkpoints) and is_due(e))
    assert isinstance(found, Checkpoints)
    return found


@pytest.mark.parametrize("script", [PLAIN, DONATING], ids=["plain", "donating"])
def test_each_so_many_steps_and_at_the_end_the_model_is_saved(
    run: Callable[..., Run], script: str
) -> None:
    it = run(script, "7", "0.05", hold=True)
    it.client.until_state(RunState.PAUSED)
    assert it.client.ask(plan_of(it, every=3, at_end=True)) == Done()
    it.client.ask(Control(GateCommand.CONTINUE))
    it.client.until_end()
    told = until_told(it, lambda e: e.n_saved == 3)
    assert [made.step for made in told.saved] == [3, 6, 7]
    for made in told.saved:
        assert Path(made.path).name == f"model_{made.step:06}.eqx"
        read = equinox.tree_deserialise_leaves(made.path, MLP)
        assert same(read, expected(it, made.step)[0])
    assert (told.n_failed, told.failure) == (0, "")
    assert it.problems() == []


def test_several_arguments_are_one_file_and_only_the_last_ones_stay(
    run: Callable[..., Run],
) -> None:
    it = run(PLAIN, "9", "0.05", hold=True)
    it.client.until_state(RunState.PAUSED)
    it.client.ask(plan_of(it, every=2, last=2, argument="model, state", pattern="at{step}"))
    it.client.ask(Control(GateCommand.CONTINUE))
    it.client.until_end()
    told = until_told(it, lambda e: e.n_saved == 4)
    assert [Path(made.path).name for made in told.saved] == ["at6.eqx", "at8.eqx"]
    folder = it.worker.place / "saved"
    assert sorted(path.name for path in folder.iterdir()) == ["at6.eqx", "at8.eqx"]
    whole = expected(it, 8)
    assert same(equinox.tree_deserialise_leaves(folder / "at8.eqx", whole), whole)


def test_a_part_of_an_argument_is_saved_by_its_path(run: Callable[..., Run]) -> None:
    it = run(PLAIN, "5", "0.05", hold=True)
    it.client.until_state(RunState.PAUSED)
    what = "model.layers[0], state[0].mu.layers[1].weight"
    it.client.ask(plan_of(it, every=4, at_end=True, argument=what, pattern="{name}-{step}"))
    it.client.ask(Control(GateCommand.CONTINUE))
    it.client.until_end()
    told = until_told(it, lambda e: e.n_saved == 2)
    names = [f"model.layers_0_state_0.mu.layers_1.weight-{step}.eqx" for step in (4, 5)]
    assert [Path(made.path).name for made in told.saved] == names
    for made in told.saved:
        model, state = expected(it, made.step)
        parts = (model.layers[0], state[0].mu.layers[1].weight)
        assert same(equinox.tree_deserialise_leaves(made.path, parts), parts)
    assert it.problems() == []


def test_a_stop_saves_what_the_last_step_made(run: Callable[..., Run]) -> None:
    it = run(PLAIN, "100000", "0.01")
    it.client.ask(plan_of(it, at_end=True))
    it.client.until(lambda e: isinstance(e, RunStatus) and e.step > 3)
    it.client.ask(Control(GateCommand.STOP))
    end = it.client.until_end()
    assert end.state is RunState.STOPPED
    told = until_told(it, lambda e: e.n_saved == 1)
    assert same(equinox.tree_deserialise_leaves(told.saved[0].path, MLP), expected(it, end.step)[0])


def test_a_file_that_is_there_is_not_replaced(run: Callable[..., Run]) -> None:
    it = run(PLAIN, "4", "0.05", hold=True)
    it.client.until_state(RunState.PAUSED)
    folder = it.worker.place / "saved"
    folder.mkdir()
    (folder / "model_000002.eqx").write_text("mine")
    it.client.ask(plan_of(it, every=2))
    it.client.ask(Control(GateCommand.CONTINUE))
    it.client.until_end()
    told = until_told(it, lambda e: e.n_saved >= 1)
    assert Path(told.saved[0].path).name == "model_000002-2.eqx"
    assert (folder / "model_000002.eqx").read_text() == "mine"


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"every": 1, "pattern": "a.eqx"}, "names no file for each step"),
        ({"every": 1, "pattern": "{x}"}, "KeyError"),
        ({"every": 1, "argument": "model.layers["}, "is not Python"),
        ({"at_end": True, "folder": "/dev/null/a"}, "is a file, no folder"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused(
    run: Callable[..., Run], how: dict[str, Any], why: str
) -> None:
    it = run(PLAIN, "0", "0")
    answer = it.client.ask(SavePlan(**how))
    assert isinstance(answer, Problem)
    assert why in answer.why


@pytest.mark.parametrize(
    ("argument", "why"),
    [
        ("params", "The step function has no argument params: it has model, state, x."),
        (
            "model.layers[7]",
            "The path model.layers[7] leads nowhere. IndexError: tuple index out of range.",
        ),
    ],
)
def test_an_argument_that_is_not_there_is_told_once(
    run: Callable[..., Run], argument: str, why: str
) -> None:
    it = run(PLAIN, "6", "0.02", hold=True)
    it.client.until_state(RunState.PAUSED)
    it.client.ask(plan_of(it, every=1, argument=argument))
    it.client.ask(Control(GateCommand.CONTINUE))
    it.client.until_end()
    assert [problem.why for problem in it.problems()] == [why]
    assert newest(it).n_failed > 1


def test_what_is_at_a_node_of_a_paused_call_is_saved_and_opened_again(
    run: Callable[..., Run],
) -> None:
    it = run(PLAIN, "3", "0", hold=True)
    it.client.until_state(RunState.PAUSED)
    opened = it.client.ask(OpenModel("", "model"))
    assert isinstance(opened, OpenedModel)
    path = str(it.worker.place / "by hand.eqx")
    saved = it.client.ask(SaveLeaves(opened.tree.revision, 0, path))
    assert isinstance(saved, Saved)
    assert same(equinox.tree_deserialise_leaves(saved.path, MLP), _first_model())
    it.client.ask(Control(GateCommand.STEP))
    it.client.until_state(RunState.PAUSED)
    again: Record = it.client.ask(OpenModel("", "model", weights=path))
    assert isinstance(again, OpenedModel), again
    assert again.target.name == "model"
    refused = it.client.ask(OpenModel("", "state", weights=path))
    assert isinstance(refused, Problem)
    assert refused.code == "weights-mismatch"


def _first_model() -> Any:
    return equinox.nn.MLP(2, 1, 8, 1, key=jax.random.key(0))


# A write takes long, as on a slow disk.
SLOWLY = """
import os, time
fsync = os.fsync
os.fsync = lambda fd: (time.sleep(1.5), fsync(fd))
"""


def test_what_is_due_while_another_is_written_is_saved_at_the_end(run: Callable[..., Run]) -> None:
    it = run(SLOWLY + PLAIN, "7", "0.01", hold=True)
    it.client.until_state(RunState.PAUSED)
    it.client.ask(plan_of(it, every=2))
    it.client.ask(Control(GateCommand.CONTINUE))
    it.client.until_end()
    told = until_told(it, lambda e: e.n_saved == 2)
    assert [made.step for made in told.saved] == [2, 7]
    assert same(equinox.tree_deserialise_leaves(told.saved[1].path, MLP), expected(it, 7)[0])
    assert told.n_failed == 0


def test_what_is_due_after_the_last_step_is_saved(run: Callable[..., Run]) -> None:
    it = run(PLAIN, "4", "0.01", hold=True)
    it.client.until_state(RunState.PAUSED)
    it.client.ask(plan_of(it, every=4))
    it.client.ask(Control(GateCommand.CONTINUE))
    it.client.until_end()
    told = until_told(it, lambda e: e.n_saved == 1)
    assert [made.step for made in told.saved] == [4]


def test_what_a_killed_writer_left_is_removed_and_what_another_writes_stays(tmp_path: Path) -> None:
    handle, kept = half_written.begin(tmp_path / "a.eqx")
    left, _name = half_written.begin(tmp_path / "b.eqx")
    os.close(left)  # as the end of a process does
    assert len(list(tmp_path.iterdir())) == 2
    half_written.remove_left(tmp_path)
    assert [str(path) for path in tmp_path.iterdir()] == [kept]
    os.close(handle)


def test_what_a_run_left_that_was_killed_as_it_wrote_is_gone_with_the_next_one(
    run: Callable[..., Run],
) -> None:
    it = run(SLOWLY + PLAIN, "1000", "0.01", hold=True)
    it.client.until_state(RunState.PAUSED)
    it.client.ask(SavePlan(every=1))
    it.client.ask(Control(GateCommand.CONTINUE))
    until_told(it, lambda e: e.is_writing)
    folder = it.worker.place / "checkpoints"
    wait_until(lambda: list(folder.glob("*/.*.part")))
    it.worker.process.kill()
    it.worker.process.wait()
    assert len(list(folder.glob("*/.*.part"))) == 1
    (folder / "again").mkdir()
    handle, _name = half_written.begin(folder / "again" / "a.eqx")
    checkpoints = Checkpointing(
        Gate(), Capture(lambda records: None, Gate()), lambda records: None, "again"
    )
    with contextlib.chdir(it.worker.place):
        checkpoints.follow(SavePlan(every=1))
    assert [path.parent.name for path in folder.glob("*/.*.part")] == ["again"]
    os.close(handle)
