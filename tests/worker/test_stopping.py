"""A run in a real worker stops where it was told to, and keeps its calls."""

import time
from collections.abc import Callable

import pytest

from eqxviz.records import (
    Control,
    Done,
    GateCommand,
    HaltKind,
    KeepCalls,
    Keeping,
    OpenedModel,
    OpenModel,
    Problem,
    RunState,
    RunStatus,
    SetStops,
    Severity,
    Stop,
    StopKind,
)

from .conftest import Run, wait_until

Start = Callable[..., Run]

TRAIN = """
    import sys, time
    import jax, jax.numpy as jnp

    @jax.jit(donate_argnums=0)
    def step(params, x):
        return {"w": params["w"] * x}, (params["w"] * x).sum()

    def main(n):
        params = {"w": jnp.ones(4)}
        for i in range(n):
            x = jnp.float32("nan" if i == 40 else 1)
            params, loss = step(params, x)
            time.sleep(0.002)
        for size in (4, 8):
            step({"w": jnp.ones(size)}, 1.0)

    main(int(sys.argv[1]))
    print("done")
"""
NAN = Stop(5, StopKind.NONFINITE)
CALL = Stop(6, StopKind.CALL, function="step", condition="i == 3")


def _paused(run: Run) -> RunStatus:
    return run.client.until_state(RunState.PAUSED)


def _go_on(run: Run) -> None:
    assert run.client.ask(Control(GateCommand.CONTINUE)) == Done()


def test_a_run_stops_at_a_call_and_some_steps_after_a_nan(run: Start):
    started = run(TRAIN, "60", hold=True)
    assert _paused(started).halt is not None
    assert started.client.ask(SetStops((NAN, CALL))) == Done()
    _go_on(started)
    status = _paused(started)
    halt = status.halt
    assert halt is not None
    assert (halt.kind, halt.stop, halt.stop_kind) == (HaltKind.CALL, 6, StopKind.CALL)
    assert (halt.call, halt.thread, halt.has_result) == (4, "MainThread", False)
    assert halt.why == "call 4 of step: `i == 3` is true"
    assert status.at_line == TRAIN.splitlines().index(
        "            params, loss = step(params, x)"
    ) + 1  # fmt: skip
    _go_on(started)
    late = _paused(started)
    assert late.halt is not None
    assert late.halt.why == "loss was NaN at step 41"
    assert late.step > 40
    assert late.moment != status.moment
    _go_on(started)
    assert started.client.until_end().state is RunState.FINISHED


def test_a_run_that_keeps_its_calls_stops_right_after_the_one_that_fails(run: Start):
    started = run(TRAIN, "60", hold=True)
    _paused(started)
    assert started.client.ask(KeepCalls(True)) == Done()
    assert started.client.ask(SetStops((NAN, Stop(9, StopKind.RECOMPILE)))) == Done()
    _go_on(started)
    status = _paused(started)
    halt = status.halt
    assert halt is not None
    assert (halt.kind, halt.call, halt.has_result) == (HaltKind.RETURN, 41, True)
    assert (halt.why, status.step) == ("loss is NaN at step 41", 41)
    keeping = started.client.until(lambda e: isinstance(e, Keeping) and e.call == 41)
    assert isinstance(keeping, Keeping)
    # The parameters are there, though the call was to have them.
    assert (keeping.n_bytes, keeping.n_copied_bytes, keeping.why_not) == (20, 16, "")
    for name in ("params", "result"):
        opened = started.client.ask(OpenModel("", name))
        assert isinstance(opened, OpenedModel)
    assert started.client.ask(KeepCalls(False)) == Done()
    _go_on(started)
    recompiled = _paused(started)
    assert recompiled.halt is not None
    assert recompiled.halt.stop_kind is StopKind.RECOMPILE
    assert recompiled.halt.why.startswith("step compiled again: `x`")
    _go_on(started)
    _paused(started)  # for the other size
    _go_on(started)
    assert started.client.until_end().state is RunState.FINISHED
    assert started.client.of(Keeping)[-1] == Keeping(False)


def test_a_stop_that_cannot_be_met_is_refused_and_one_on_a_new_curve_is_told(run: Start):
    started = run(TRAIN, "100000")
    client = started.client
    refused = client.ask(SetStops((Stop(1, StopKind.CONDITION, condition="loss >< 3"),)))
    assert isinstance(refused, Problem)
    assert (refused.code, refused.title) == ("stop-not-set", "The run cannot stop at loss >< 3")
    client.until(lambda e: isinstance(e, RunStatus) and e.step > 3)
    stop = Stop(1, StopKind.CONDITION, condition="los > 3")
    wait_until(lambda: client.ask(SetStops((stop,))) != Done())
    told = client.ask(SetStops((stop,)))
    assert isinstance(told, Problem)
    assert (told.code, told.severity) == ("stop-waits", Severity.NOTE)
    assert told.title == "There is no curve los yet"
    assert "The curves so far: loss." in told.why


def test_a_condition_that_never_ends_is_left_by_a_stop(run: Start):
    script = TRAIN.replace(
        "def main(n):", "def forever():\n        while True: pass\n    def main(n):"
    )
    started = run(script, "60", hold=True)
    _paused(started)
    stop = Stop(1, StopKind.CALL, function="step", condition="forever()")
    assert started.client.ask(SetStops((stop,))) == Done()
    _go_on(started)
    time.sleep(0.3)
    started.client.ask(Control(GateCommand.STOP))
    assert started.client.until_end().state is RunState.STOPPED


def test_a_run_that_is_left_alone_stops_nowhere(run: Start):
    started = run(TRAIN, "60", hold=True)
    _paused(started)
    assert started.client.ask(SetStops((NAN, CALL))) == Done()
    started.client.close()
    wait_until(lambda: "done" in started.output)


@pytest.mark.parametrize("is_kept", [True, False])
def test_stops_hold_in_threads_of_the_scripts(run: Start, is_kept: bool):
    script = TRAIN.replace(
        "main(int(sys.argv[1]))",
        "import threading\n    t = threading.Thread(target=main, args=(60,), name='trainer')\n"
        "    t.start(); t.join()",
    )
    started = run(script, "60", hold=True)
    assert _paused(started).halt is not None
    started.client.ask(KeepCalls(is_kept))
    started.client.ask(SetStops((NAN,)))
    _go_on(started)
    halt = _paused(started).halt
    assert halt is not None
    assert halt.thread == "trainer"
    assert halt.kind is (HaltKind.RETURN if is_kept else HaltKind.CALL)
    _go_on(started)
    assert started.client.until_end().state is RunState.FINISHED


@pytest.mark.parametrize(
    ("stop", "title", "known", "fix"),
    [
        (
            *(Stop(1, StopKind.CALL, function="stepp"), "There was no function stepp"),
            *("step", "write its name as it stands there."),
        ),
        (
            *(Stop(1, StopKind.NONFINITE, condition="lss"), "There was no curve lss"),
            *("loss", "in quotes where it has spaces."),
        ),
        (
            *(Stop(1, StopKind.CONDITION, condition="step > 3"), "There was no curve step"),
            *("loss", "write `loss < inf and step > 500`, say."),
        ),
    ],
)
def test_what_a_stop_waited_for_in_vain_is_told_at_the_end(
    run: Start, stop: Stop, title: str, known: str, fix: str
):
    started = run(TRAIN, "5", hold=True)
    _paused(started)
    assert started.client.ask(SetStops((stop,))) == Done()
    _go_on(started)
    assert started.client.until_end().state is RunState.FINISHED
    (told,) = [each for each in started.client.of(Problem) if each.code == "stop-never-there"]
    assert (told.title, told.severity) == (title, Severity.WARNING)
    assert f": {known}" in told.why
    assert told.fix.endswith(fix)


def test_a_script_without_jax_that_was_to_stop_says_that_there_was_nothing(run: Start):
    started = run("import time; time.sleep(1)")
    assert started.client.ask(SetStops((NAN, CALL))) == Done()
    assert started.client.until_end().state is RunState.FINISHED
    (told,) = started.problems()
    assert told.title == "There was no function step"


NO_CURVE = """
import jax, jax.numpy as jnp

@jax.jit
def step(w):
    return w / (w - 1)

w = jnp.full(3, 3.0)
for _ in range(4):
    w = step(w)
"""


@pytest.mark.parametrize("is_kept", [False, True])
def test_a_stop_at_nan_where_nothing_can_be_looked_at_says_so(run: Start, is_kept: bool):
    started = run(NO_CURVE, hold=True)
    _paused(started)
    assert started.client.ask(KeepCalls(is_kept)) == Done()
    assert started.client.ask(SetStops((Stop(1, StopKind.NONFINITE),))) == Done()
    _go_on(started)
    assert started.client.until_end().state is RunState.FINISHED
    told = [each.title for each in started.client.of(Problem) if each.code == "stop-never-there"]
    assert told == [] if is_kept else ["There was no curve to find NaN or Inf in"]
