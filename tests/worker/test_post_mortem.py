"""Exceptions that nothing catches: the run pauses where they were raised."""

import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eqxviz.records import (
    Control,
    Done,
    FunctionSeen,
    FunctionTotals,
    GateCommand,
    HaltKind,
    OpenedModel,
    OpenModel,
    Problem,
    ReadStack,
    RunState,
    RunStatus,
    SetStops,
    Stack,
    Stop,
    StopKind,
)

from .conftest import Client, Run

Start = Callable[..., Run]

_PROGRAMS = Path(__file__).parents[1] / "capturing" / "broken" / "programs"
_NAMES = sorted(path.stem for path in _PROGRAMS.glob("pm_*.py"))
_QUICK = {
    "pm_pure_callback", "pm_io_callback", "pm_not_vmapped", "pm_loader_thread", "pm_last_batch",
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
    if callback is not None:
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
