"""Exceptions that nothing catches: the run pauses where they were raised."""

import sys
import textwrap
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eqxviz.engine.wishes import to_word
from eqxviz.records import (
    Control,
    Done,
    DrawFunction,
    Evaluate,
    Evaluated,
    FunctionSeen,
    FunctionTotals,
    GateCommand,
    HaltKind,
    OpenedModel,
    OpenModel,
    Problem,
    ReadStack,
    ReadVariables,
    RunState,
    RunStatus,
    SetStops,
    Stack,
    Stop,
    StopKind,
    Variables,
    Watch,
)
from tests.jobs import Job

from .conftest import Client, Run, Worker, wait_until

Start = Callable[..., Run]

_PROGRAMS = Path(__file__).parents[1] / "capturing" / "broken" / "programs"
_NAMES = sorted(path.stem for path in _PROGRAMS.glob("pm_*.py"))
_QUICK = {
    "pm_pure_callback", "pm_io_callback", "pm_not_vmapped", "pm_last_batch",
    "pm_assertion", "pm_scan_carry", "pm_error_if_eqxcore", "pm_deleted_array",
}  # fmt: skip


def at_exception(started: Run) -> RunStatus:
    """Let a run that waits before its first call go on to its first uncaught exception."""
    client = started.client
    client.until_state(RunState.PAUSED)
    assert client.ask(SetStops((Stop(7, StopKind.EXCEPTION),))) == Done()
    return next_exception(client)


def next_exception(client: Client) -> RunStatus:
    """Let the run go on to its next exception."""
    client.ask(Control(GateCommand.CONTINUE))
    status = client.until_state(RunState.PAUSED, RunState.FAILED, RunState.FINISHED)
    assert status.halt is not None, status
    assert (status.halt.kind, status.halt.stop) == (HaltKind.EXCEPTION, 7)
    return status


def users(client: Client) -> list[tuple[str, int]]:
    """Return function and line of the frames of the user's, outermost first."""
    stack = client.ask(ReadStack())
    assert isinstance(stack, Stack), stack
    names = [(f.function.rpartition(".")[2], f.line) for f in stack.frames if f.is_user]
    return names[::-1]


def wanted(found: dict[str, Any]) -> list[tuple[str, int]]:
    """Return the same as `found` has it; later Pythons have no frames of comprehensions."""
    pairs = zip(found["stack"], found["lines"], strict=True)
    inlined = ("<listcomp>",) if sys.version_info >= (3, 12) else ()
    return [pair for pair in pairs if pair[0] not in inlined]


@pytest.mark.parametrize(
    "name", [n if n in _QUICK else pytest.param(n, marks=pytest.mark.full) for n in _NAMES]
)
def test_it_pauses_where_a_broken_program_raises(run: Start, name: str):
    facts = tomllib.loads((_PROGRAMS / f"{name}.toml").read_text())
    error, call = facts["error"], facts["call"]
    started = run((_PROGRAMS / f"{name}.py").read_text(), hold=True)
    client = started.client
    status = at_exception(started)
    if "thread_error" in facts:
        thread = facts["thread_error"]
        assert status.halt is not None
        assert thread["type"] in status.halt.error
        assert thread["message"] in status.halt.error
        assert status.halt.thread != "MainThread"
        assert users(client) == wanted(facts["found"]["thread_error"])
        (card,) = client.of(Problem)
        assert card.code == "thread-raised"
        status = next_exception(client)
    assert status.halt is not None
    callback = facts.get("callback")
    stack = users(client)
    assert bool(status.halt.callback) == (callback is not None)
    if callback is not None:
        assert status.halt.callback == f"script.py:{facts['found']['callback']['line']}"
        assert stack[-1] == (callback["function"], facts["found"]["callback"]["line"])
        stack = stack[: -stack[::-1].index(wanted(facts["found"]["error"])[-1])]
        assert error["message"] in status.halt.error
    elif error["message"]:
        assert status.halt.error.startswith(error["type"])
    assert stack == wanted(facts["found"]["error"])
    assert status.at_line == facts["found"]["error"]["line"]
    functions = {seen.id: seen.name for seen in client.of(FunctionSeen)}
    if call["when"] == "in the call":
        assert functions[status.at_function].endswith(call["function"])
        assert status.halt.call == call["number"]
        opened = client.ask(OpenModel("", ""))
        assert isinstance(opened, OpenedModel), opened
        assert opened.targets
    else:
        assert status.at_function == -1
    cards = [problem for problem in client.of(Problem) if problem.code == "script-raised"]
    assert len(cards) == 1
    assert error["message"] in cards[0].why + cards[0].detail
    client.ask(Control(GateCommand.CONTINUE))
    end = client.until_end()
    assert (end.state, end.exit_code) == (RunState.FAILED, 1)
    assert len([p for p in client.of(Problem) if p.code == "script-raised"]) == 1
    totals = client.of(FunctionTotals)[-1]
    calls = dict(zip(totals.function.tolist(), totals.calls.tolist(), strict=True))
    named = [n for id, n in calls.items() if functions[id].endswith(call["function"])]
    assert call["number"] in named
    assert "Traceback (most recent call last)" in started.output


FAILS = """
    import gc, sys, threading, weakref
    import jax, jax.numpy as jnp

    @jax.jit
    def step(w, x):
        if x.shape[0] == 3:
            raise ValueError("three are too many")
        return w * x.sum()

    w, caught = jnp.ones(2), 0
    kept = jnp.ones(3)
    gone = weakref.ref(kept)
    step(w, jnp.ones(1))
    try:
        step(w, kept)
    except ValueError:
        caught += 1
    del kept
    gc.collect()
    print("held" if gone() is not None else "let go")

    def last(n):
        total = 5
        return step(w, jnp.ones(n))

    if sys.argv[1] == "raise":
        last(3)
    elif sys.argv[1] == "thread":
        thread = threading.Thread(target=last, args=(3,), name="reader")
        thread.start()
        thread.join()
        print("went on")
    elif sys.argv[1] == "exit":
        sys.exit(4)
    else:
        raise KeyboardInterrupt
"""


def test_at_an_exception_the_call_is_opened_and_drawn_and_the_console_works(run: Start):
    started = run(FAILS, "raise", hold=True)
    client = started.client
    status = at_exception(started)
    assert status.halt is not None
    assert status.halt.error == "ValueError: three are too many"
    assert status.halt.why == "call 3 of step raised ValueError: three are too many"
    assert [name for name, _ in users(client)] == ["<module>", "last", "step"]
    opened = client.ask(OpenModel("", "x"))
    assert isinstance(opened, OpenedModel), opened
    drawn = client.ask(DrawFunction(status.at_function))
    assert isinstance(drawn, Problem)
    assert "three are too many" in drawn.why
    stack = client.ask(ReadStack())
    assert isinstance(stack, Stack)
    names = [frame.function for frame in stack.frames]
    assert names[0] == "step"
    told = client.ask(Evaluate(names.index("last"), "total = total + n; total"))
    assert isinstance(told, Evaluated)
    assert told.text == "8"
    told = client.ask(Evaluate(0, "x.shape"))
    assert isinstance(told, Evaluated)
    assert told.text == "(3,)"
    client.ask(Control(GateCommand.CONTINUE))
    end = client.until_end()
    assert (end.state, end.exit_code) == (RunState.FAILED, 1)
    # An exception that the script had caught held nothing of its call.
    assert started.output.startswith("let go\n")
    assert "ValueError: three are too many\n" in started.output


def test_a_thread_that_raises_is_paused_and_the_script_goes_on(run: Start):
    started = run(FAILS, "thread", hold=True)
    client = started.client
    status = at_exception(started)
    assert status.halt is not None
    assert (status.halt.thread, status.halt.call) == ("reader", 3)
    client.ask(Control(GateCommand.CONTINUE))
    assert client.until_end().state is RunState.FINISHED
    assert started.output.endswith("went on\n")
    assert [p.code for p in client.of(Problem)] == ["thread-raised"]
    assert "Exception in thread reader" in started.output


def test_without_a_stop_an_exception_ends_the_run_as_before(run: Start):
    started = run(FAILS, "raise")
    assert started.client.until_end().state is RunState.FAILED
    assert [p.code for p in started.problems()] == ["script-raised"]


@pytest.mark.parametrize(("how", "state"), [("exit", "failed"), ("interrupt", "stopped")])
def test_an_exit_or_an_interrupt_is_no_exception_to_pause_at(run: Start, how: str, state: str):
    client = run(FAILS, how, hold=True).client
    client.until_state(RunState.PAUSED)
    client.ask(SetStops((Stop(7, StopKind.EXCEPTION),)))
    client.ask(Control(GateCommand.CONTINUE))
    status = client.until_state(RunState.PAUSED, RunState.FAILED, RunState.STOPPED)
    assert status.state.value == state


def test_a_run_that_is_stopped_at_an_exception_ends_by_it(run: Start):
    started = run(FAILS, "raise", hold=True)
    at_exception(started)
    started.client.ask(Control(GateCommand.STOP))
    assert started.client.until_end().state is RunState.STOPPED
    assert "ValueError: three are too many\n" in started.output


WITHOUT_JAX = """
    import pathlib, sys, threading, time
    import numpy as np

    while not pathlib.Path("go").exists():
        time.sleep(0.01)

    def read(path):
        table = {"weights": np.ones((2, 3))}
        raise ValueError(f"{path} has no header")

    if sys.argv[1] == "thread":
        thread = threading.Thread(target=read, args=("a.csv",), name="reader")
        thread.start()
        thread.join()
        print("imported:", "jax" in sys.modules)
    elif sys.argv[1] == "missing":
        sys.modules["jax"] = None
    read("b.csv")
"""


def without_jax(run: Start, how: str) -> Run:
    """Return a run of a script that does not import JAX, with a stop at exceptions."""
    started = run(WITHOUT_JAX, how)
    assert started.client.ask(SetStops((Stop(7, StopKind.EXCEPTION),))) == Done()
    (started.worker.place / "go").touch()
    return started


@pytest.mark.parametrize("how", ["main", "thread"])
def test_what_ends_a_script_without_jax_is_looked_into_as_any_other(run: Start, how: str):
    started = without_jax(run, how)
    client = started.client
    halt = client.until_state(RunState.PAUSED).halt
    assert halt is not None
    assert (halt.thread, halt.why) == ("MainThread", "ValueError: b.csv has no header")
    assert [name for name, _ in users(client)] == ["<module>", "read"]
    variables = client.ask(ReadVariables(0))
    assert isinstance(variables, Variables), variables
    shown = {v.name: v.type for v in variables.variables}
    assert (shown["path"], shown["table"]) == ("str", "dict")
    told = client.ask(Evaluate(0, "table['weights'].sum()"))
    assert isinstance(told, Evaluated), told
    assert "6.0" in told.text
    opened = client.ask(OpenModel("", "table", frame=0))
    assert isinstance(opened, OpenedModel), opened
    client.ask(Control(GateCommand.CONTINUE))
    assert client.until_end().state is RunState.FAILED
    assert [p.code for p in started.problems()] == ["script-raised"]
    # An exception of a thread does not end the script: JAX is not imported for it.
    assert how == "main" or "imported: False\n" in started.output


def test_who_started_a_short_script_is_awaited_where_it_raises(tmp_path: Path):
    (tmp_path / "script.py").write_text("print('now', flush=True)\n1 / 0\n")
    asked = f"--ask={to_word(SetStops((Stop(7, StopKind.EXCEPTION),)))}"
    worker = Worker(tmp_path, "run", "--folder", str(tmp_path / "run"), asked, "--", "script.py")
    try:
        wait_until(lambda: "now\n" in worker.output)
        client = worker.connect()
        client.tell(Watch(0))
        halt = client.until_state(RunState.PAUSED, RunState.FAILED).halt
        assert halt is not None
        assert (halt.kind, halt.stop) == (HaltKind.EXCEPTION, 7)
    finally:
        worker.end()


def test_where_jax_is_missing_an_exception_ends_the_run_as_it_did(run: Start):
    started = without_jax(run, "missing")
    status = started.client.until_state(RunState.PAUSED, RunState.FAILED)
    assert status.state is RunState.FAILED
    assert [p.code for p in started.problems()] == ["script-raised"]
    assert "ValueError: b.csv has no header\n" in started.output


def test_nobody_is_waited_for_who_is_not_there(run: Start):
    started = run(FAILS, "raise", hold=True)
    client = started.client
    client.until_state(RunState.PAUSED)
    client.ask(SetStops((Stop(7, StopKind.EXCEPTION),)))
    client.close()
    wait_until(lambda: "too many\n" in started.output)


def test_a_captured_process_pauses_at_what_ends_it(tmp_path: Path):
    script = f"import time\nimport eqxviz\n{textwrap.dedent(FAILS)}".replace(
        "step(w, jnp.ones(1))", 'eqxviz.capture("fails")\nfor _ in range(2000):\n'
        "    step(w, jnp.ones(1))\n    time.sleep(0.005)\n    if sys.argv[2:]: break",
    )  # fmt: skip
    job = Job(tmp_path / "job", script, "raise")
    try:
        client = Client(*job.meeting())
        client.tell(Watch(0))
        client.ask(SetStops((Stop(7, StopKind.EXCEPTION),)))
        client.ask(Control(GateCommand.PAUSE))
        client.until_state(RunState.PAUSED)
        client.ask(Evaluate(0, "sys.argv.append('stop')"))
        status = next_exception(client)
        assert status.halt is not None
        assert status.halt.error == "ValueError: three are too many"
        assert [name for name, _ in users(client)] == ["<module>", "last", "step"]
        assert [p.code for p in client.of(Problem)] == ["script-raised"]
        client.ask(Control(GateCommand.CONTINUE))
        assert client.until_end().state is RunState.FAILED
        assert [p.code for p in client.of(Problem)] == ["script-raised"]
        client.close()
    finally:
        job.close()
