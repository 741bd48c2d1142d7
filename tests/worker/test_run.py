"""A training script under capture, in a real worker: seen, held, looked into, stopped."""

import itertools
import math
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from eqxviz.records import (
    ALL_VARIABLES,
    CompileEvent,
    Control,
    Done,
    DrawFunction,
    DrawModel,
    FunctionSeen,
    GateCommand,
    Graph,
    Leave,
    MetricBatch,
    ModelTree,
    OpenedModel,
    OpenModel,
    Problem,
    ReadValue,
    Record,
    RunState,
    RunStatus,
    TypeInput,
    ValueSummary,
    Watch,
    Welcome,
)
from eqxviz.store import RunStore

from .conftest import Run, wait_until

Start = Callable[..., Run]

TRAIN = """
    import os, sys, time
    os.environ["JAX_ENABLE_X64"] = "1"
    import jax, jax.numpy as jnp
    import equinox as eqx

    N, PAUSE = int(sys.argv[1]), float(sys.argv[2])

    @eqx.filter_value_and_grad
    def loss_of(model, x, y):
        return jnp.mean((jax.vmap(model)(x) - y) ** 2)

    @eqx.filter_jit
    def make_step(model, x, y):
        loss, grads = loss_of(model, x, y)
        return loss, jax.tree.map(lambda p, g: p - 0.1 * g if eqx.is_array(p) else p, model, grads)

    def main():
        model = eqx.nn.Linear(2, 1, key=jax.random.key(0))
        x = jax.random.normal(jax.random.key(1), (32, 2))
        y = x @ jnp.array([[1.0], [-2.0]])
        for i in range(N):
            loss, model = make_step(model, x, y)
            time.sleep(PAUSE)
        print("loss", loss.dtype, float(loss) < 0.1)
        return model

    if __name__ == "__main__":
        try:
            model = main()
        finally:
            print("cleaned up")
"""


def line_of(text: str) -> int:
    """Return the line of the training script that holds `text`."""
    return next(i for i, line in enumerate(TRAIN.splitlines(), 1) if text in line)


def test_a_run_tells_its_curves_functions_compilations_and_end(run: Start):
    started = run(TRAIN, "60", "0")
    end = started.client.until_end()
    assert (end.state, end.step, end.exit_code) == (RunState.FINISHED, 60, 0)
    assert end.device == "cpu:0"
    assert end.steps_per_second > 0
    # The variable was set after this process had started, and before JAX was imported.
    assert started.output == "loss float64 True\ncleaned up\n"
    (function,) = started.client.of(FunctionSeen)
    assert (function.name, function.line, function.is_user) == (
        "make_step",
        line_of("def make_step") - 1,
        True,
    )
    (compiled,) = started.client.of(CompileEvent)
    assert (compiled.function, compiled.line) == (function.id, line_of("loss, model = make_step"))
    batches = started.client.of(MetricBatch)
    assert [series.name for batch in batches for series in batch.new_series] == ["loss"]
    steps = np.concatenate([batch.step for batch in batches])
    losses = np.concatenate([batch.value for batch in batches])
    assert steps.tolist() == list(range(1, 61))
    assert losses[-1] < losses[0] / 10


def test_a_run_is_held_looked_into_stepped_and_stopped(run: Start):
    started = run(TRAIN, "100000", "0", hold=True)
    client = started.client
    paused = client.until_state(RunState.PAUSED)
    assert (paused.step, paused.at_line) == (0, line_of("loss, model = make_step"))
    _look_into(client.ask)
    for step in range(1, 20):
        client.ask(Control(GateCommand.STEP))
        assert client.until_state(RunState.PAUSED).step == step
    client.ask(Control(GateCommand.CONTINUE))
    running = client.until_state(RunState.RUNNING)
    assert running.at_line == 0
    # What was open at the pause is let go; a function is drawn while the run goes on.
    stale = client.ask(ReadValue(1, 0))
    assert isinstance(stale, Problem)
    graph = client.ask(DrawFunction(0))
    assert isinstance(graph, Graph)
    client.ask(Control(GateCommand.PAUSE))
    assert client.until_state(RunState.PAUSED).step >= 19
    client.ask(Control(GateCommand.STOP))
    end = client.until_end()
    assert (end.state, end.exit_code) == (RunState.STOPPED, 130)
    assert "cleaned up" in started.output


def test_two_windows_at_one_call_keep_each_its_own_model(run: Start):
    started = run(TRAIN, "100000", "0", hold=True)
    first, second = started.client, started.worker.connect()
    first.until_state(RunState.PAUSED)
    mine = first.ask(OpenModel("", "model"))
    assert isinstance(mine, OpenedModel)
    theirs = second.ask(OpenModel("", "y"))
    assert isinstance(theirs, OpenedModel)
    assert isinstance(first.ask(ReadValue(mine.tree.revision, 1)), ValueSummary)
    # Of one window the model before is let go of, and of all when the script goes on.
    assert isinstance(first.ask(OpenModel("", "model")), OpenedModel)
    assert isinstance(first.ask(ReadValue(mine.tree.revision, 1)), Problem)
    assert isinstance(second.ask(ReadValue(theirs.tree.revision, 0)), ValueSummary)
    first.ask(Control(GateCommand.STEP))
    first.until_state(RunState.PAUSED)
    assert isinstance(second.ask(ReadValue(theirs.tree.revision, 0)), Problem)


def _look_into(ask: Callable[[Record], Record]) -> None:
    """Open an argument of the call at the gate, and ask about it."""
    opened = ask(OpenModel("", ""))
    assert isinstance(opened, OpenedModel)
    assert (opened.target.name, opened.target.type) == ("model", "Linear")
    assert [target.name for target in opened.targets] == ["model", "x", "y", ALL_VARIABLES]
    assert opened.inputs.endswith("[2]")
    tree: ModelTree = opened.tree
    weight = next(n for n in range(len(tree)) if tree.path(n) == "model.weight")
    value = ask(ReadValue(tree.revision, weight))
    assert isinstance(value, ValueSummary)
    assert value.size == 2
    assert isinstance(ask(DrawModel(tree.revision, 0, "")), Graph)
    whole = ask(OpenModel("", ALL_VARIABLES))
    assert isinstance(whole, OpenedModel)
    assert [whole.tree.path(n) for n in whole.tree.children(0)] == ["model", "x", "y"]
    assert whole.tree.path(int(whole.tree.first_child[1])) == "model.weight"
    other = ask(OpenModel("", "y"))
    assert isinstance(other, OpenedModel)
    assert other.tree.shape(0) == (32, 1)
    missing = ask(OpenModel("", "modle"))
    assert isinstance(missing, Problem)
    assert (missing.code, missing.fix) == ("no-such-name", "Did you mean model?")


def test_after_its_end_a_run_still_answers(run: Start):
    started = run(TRAIN, "3", "0")
    started.client.until_end()
    graph = started.client.ask(DrawFunction(0))
    assert isinstance(graph, Graph)
    opened = started.client.ask(OpenModel("", "model"))
    assert isinstance(opened, OpenedModel)
    assert opened.target.type == "Linear"
    unknown = started.client.ask(DrawFunction(99))
    assert isinstance(unknown, Problem)
    assert unknown.code == "no-such-function"


def test_a_window_that_dies_costs_nothing_and_another_is_told_everything(run: Start):
    started = run(TRAIN, "150", "0.01")
    started.client.until(lambda event: isinstance(event, MetricBatch))
    started.client.close()
    second = started.worker.connect()
    third = started.worker.connect()
    watch = second.tell(Watch(0)), third.tell(Watch(100))
    assert isinstance(second.welcome, Welcome)
    for client, id, first in ((second, watch[0], 0), (third, watch[1], 100)):
        assert client.answer(id) == Done()
        assert client.until_end().state is RunState.FINISHED
        batches = client.of(MetricBatch)
        assert batches[0].first_sequence <= first
        assert batches[0].first_sequence + len(batches[0].series) > first
        for before, after in itertools.pairwise(batches):
            assert after.first_sequence == before.first_sequence + len(before.series)
        assert batches[-1].step[-1] == 150
        assert [f.name for f in client.of(FunctionSeen)] == ["make_step"]
    with RunStore.open(started.worker.run_folder) as store:
        assert store.meta.script == "script.py"
        assert sum(len(batch.series) for batch in store.metrics()) == 150
        (status,) = store.records_of(RunStatus)
        assert status.state is RunState.FINISHED


def test_after_its_end_a_run_leaves_with_its_last_window(run: Start):
    started = run("print('all')")
    started.client.until_end()
    started.client.close()
    assert started.worker.process.wait(10) == 0


def test_a_run_that_a_window_has_paused_goes_on_when_that_dies(run: Start):
    started = run(TRAIN, "100000", "0", hold=True)
    started.client.until_state(RunState.PAUSED)
    started.client.close()

    def goes_on() -> bool:
        with RunStore.open(started.worker.run_folder) as store:
            return any(len(batch.series) for batch in store.metrics())

    wait_until(goes_on)
    second = started.worker.connect()
    second.tell(Watch(0))
    assert second.until_state(RunState.RUNNING)


def test_a_run_that_was_left_paused_waits_for_the_next_window(run: Start):
    started = run(TRAIN, "100000", "0", hold=True)
    started.client.until_state(RunState.PAUSED)
    started.client.ask(Control(GateCommand.PAUSE))
    started.client.tell(Leave())
    started.client.close()
    time.sleep(0.3)  # time enough to go on
    second = started.worker.connect()
    second.tell(Watch(0))
    assert second.until(lambda event: isinstance(event, RunStatus)).state is RunState.PAUSED
    second.ask(Control(GateCommand.STEP))
    assert second.until_state(RunState.PAUSED).step == 1


def test_only_who_knows_the_token_is_answered(run: Start):
    started = run("import time\ntime.sleep(60)\n")
    stranger = started.worker.connect("a guess")
    assert isinstance(stranger.welcome, Problem)
    assert stranger.welcome.code == "refused"
    with pytest.raises((AssertionError, OSError)):
        stranger.ask(Control(GateCommand.STOP))
    assert started.worker.socket.stat().st_mode & 0o777 == 0o600


def test_time_spent_paused_does_not_count(run: Start):
    started = run(TRAIN, "3", "0", hold=True)
    paused = started.client.until_state(RunState.PAUSED)
    time.sleep(1.0)
    started.client.ask(Control(GateCommand.CONTINUE))
    end = started.client.until_end()
    assert end.elapsed_seconds - paused.elapsed_seconds < (
        1.0 + sum(e.trace_seconds + e.lower_seconds + e.compile_seconds
                  for e in started.client.of(CompileEvent))
    )  # fmt: skip
    assert not math.isnan(end.elapsed_seconds)


def test_a_script_runs_where_the_machine_makes_no_terminals(run: Start, tmp_path: Path):
    (tmp_path / "sitecustomize.py").write_text(
        "import os\ndef openpty():\n    raise OSError(19, 'No such device')\nos.openpty = openpty\n"
    )
    root = Path(__file__).resolve().parents[2]
    started = run(
        "import sys\nprint('read', repr(sys.stdin.read()))",
        PYTHONPATH=f"{root}{os.pathsep}{tmp_path}",
    )
    assert started.client.until_end().state is RunState.FINISHED
    assert started.output == "read ''\n"
    refused = started.client.ask(TypeInput("x\n"))
    assert isinstance(refused, Problem)
    assert refused.code == "no-terminal"
