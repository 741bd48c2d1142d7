"""The model of a script that goes on is opened, and its values are read, without a pause."""

from collections.abc import Callable
from typing import Any

import equinox
import jax
import numpy as np
import pytest

from eqxviz.records import (
    ALL_VARIABLES,
    Control,
    GateCommand,
    OpenedModel,
    OpenModel,
    Problem,
    Progress,
    ReadValue,
    Record,
    RunState,
    RunStatus,
    ValueSummary,
)
from eqxviz.worker.passing import Passing

from .conftest import Run

SCRIPT = """
import sys, time
import jax, jax.numpy as jnp

def step(params, data, x):
    return {{"w": params["w"] + 1.0, "b": params["b"]}}, x.sum()

step = jax.jit(step{donate})
params, data = {{"w": jnp.zeros(3), "b": jnp.ones(2)}}, {{"d": jnp.arange(4.0)}}
for _ in range(int(sys.argv[1])):
    params, loss = step(params, data, jnp.ones(4))
    time.sleep(0.01)
"""


def opened(answer: Record) -> OpenedModel:
    assert isinstance(answer, OpenedModel), answer
    return answer


def mean(run: Run, model: OpenedModel, path: str) -> float:
    paths = [model.tree.path(node) for node in range(len(model.tree))]
    answer: Record = Progress(0, 1)
    while isinstance(answer, Progress):
        answer = run.client.ask(ReadValue(model.tree.revision, paths.index(path)))
    assert isinstance(answer, ValueSummary), answer
    return float(answer.mean)


@pytest.mark.parametrize("donate", ["", ", donate_argnums=0"])
def test_a_model_is_as_it_was_at_the_step_that_is_told(
    run: Callable[..., Run], donate: str
) -> None:
    it = run(SCRIPT.format(donate=donate), "100000")
    it.client.until(lambda e: isinstance(e, RunStatus) and e.step > 2)
    for _ in range(4):
        model = opened(it.client.ask(OpenModel("", "params")))
        assert model.step > 2
        assert mean(it, model, "params['w']") == model.step
        assert mean(it, model, "params['w']") == model.step
    states = {e.state for e in it.client.of(RunStatus)}
    assert RunState.PAUSED not in states
    every = opened(it.client.ask(OpenModel("", ALL_VARIABLES)))
    assert mean(it, every, "data['d']") == 1.5


def test_what_is_asked_before_any_step_is_known_is_told_to_wait(run: Callable[..., Run]) -> None:
    it = run("import time, jax\nprint(jax.__version__)\ntime.sleep(100)\n")
    answer = it.client.ask(OpenModel("", ""))
    assert isinstance(answer, Problem)
    assert answer.code == "pause-first"


def test_what_no_step_comes_for_is_answered_when_the_script_waits_or_is_over(
    run: Callable[..., Run],
) -> None:
    script = SCRIPT.format(donate="") + "\ntime.sleep(0.5)\nstep2 = jax.jit(lambda y: y)\n"
    it = run(script + "step2(params)\n", "20")
    it.client.until(lambda e: isinstance(e, RunStatus) and e.step == 20)
    id = it.client.tell(OpenModel("", "params"))
    assert opened(it.client.answer(id)).step == -1
    it.client.until_end()


def test_a_model_that_is_open_is_gone_once_the_script_was_paused_and_went_on(
    run: Callable[..., Run],
) -> None:
    it = run(SCRIPT.format(donate=""), "100000")
    it.client.until(lambda e: isinstance(e, RunStatus) and e.step > 2)
    model = opened(it.client.ask(OpenModel("", "params")))
    it.client.ask(Control(GateCommand.PAUSE))
    it.client.until_state(RunState.PAUSED)
    it.client.ask(Control(GateCommand.CONTINUE))
    it.client.until_state(RunState.RUNNING)
    answer = it.client.ask(ReadValue(model.tree.revision, 0))
    assert isinstance(answer, Problem)


@pytest.mark.parametrize("is_donated", [True, False])
def test_what_lives_on_is_held_and_what_is_donated_is_copied(is_donated: bool) -> None:
    passing, host = Passing(), np.zeros(2)
    seen: list[Any] = []
    for _ in range(3):
        tree = (equinox.nn.Linear(2, 2, key=jax.random.key(0)), host)
        kept = passing.kept(3, "model", tree)
        seen.append(kept[0].weight is tree[0].weight)
        assert kept[1] is not host
        if is_donated:
            for leaf in jax.tree.leaves(equinox.filter(tree, lambda x: isinstance(x, jax.Array))):
                leaf.delete()
        assert not kept[0].weight.is_deleted()
    assert seen == [False, not is_donated, not is_donated]
