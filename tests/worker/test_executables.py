"""What XLA says of a program is asked of a running script's worker, and the causes arrive there."""

from collections.abc import Callable

from eqxviz.records import (
    AskExecutable,
    CauseKind,
    CompileEvent,
    Control,
    Executable,
    FunctionTotals,
    GateCommand,
    Problem,
    RunState,
)
from eqxviz.store import RunStore

from .conftest import Run

Start = Callable[..., Run]

LAST_BATCH = """
    import jax, jax.numpy as jnp, time, sys

    @jax.jit
    def step(w, x):
        return w - jnp.mean(x @ w)

    def made(offset):
        return jax.jit(lambda x: x + offset)

    made(jnp.ones(3))(jnp.ones(3))
    w = jnp.ones((4, 2))
    for n in (8, 8, 8, 5):
        w = step(w, jnp.ones((n, 4)))
    while True:  # a call now and then, until it is stopped
        w = step(w, jnp.ones((8, 4)))
        time.sleep(0.005)
"""


def test_causes_and_programs_are_told_while_the_script_runs(run: Start):
    started = run(LAST_BATCH)
    client = started.client
    client.until(lambda record: isinstance(record, CompileEvent) and record.id == 3)
    _, first, again = client.of(CompileEvent)
    assert (again.nearest, again.call) == (first.id, 4)
    ((kind, path, old, new),) = [(c.kind, c.path, c.old, c.new) for c in again.causes]
    assert (kind, path, old, new) == (CauseKind.SHAPE, "x", "f32[8,4]", "f32[5,4]")
    for event, rows in ((first, 8), (again, 5)):
        found = client.ask(AskExecutable(event.id))
        assert isinstance(found, Executable)
        assert found.event == event.id
        assert found.argument_bytes == 4 * (4 * 2 + rows * 4)
        assert found.flops > rows * 4 * 2
    gone = client.ask(AskExecutable(client.of(CompileEvent)[0].id))
    assert isinstance(gone, Problem)
    assert (gone.code, "let go" in gone.why) == ("executable-gone", True)
    client.ask(Control(GateCommand.STOP))
    assert client.until_end().state is RunState.STOPPED
    found = client.ask(AskExecutable(again.id))
    assert isinstance(found, Executable)
    with RunStore.open(started.worker.run_folder) as store:
        assert [event.causes for event in store.records_of(CompileEvent)][-1] == again.causes
        (totals,) = store.records_of(FunctionTotals)
    row = totals.function.tolist().index(again.function)
    assert 0 < totals.later_run_median[row] <= totals.later_run_worst[row]
