"""The kept call of a run that is paused is replayed: its values, its rounding, its first NaN."""

from collections.abc import Callable
from typing import Any

import pytest

from eqxviz.records import (
    Blame,
    CheckReplay,
    Control,
    Done,
    FindNonFinite,
    FunctionSeen,
    GateCommand,
    KeepCalls,
    LoopTurns,
    Origin,
    Problem,
    Progress,
    ReadValue,
    Record,
    ReplayCheck,
    Replayed,
    ReplayEquation,
    RunState,
    SetStops,
    Stop,
    StopKind,
    ValueSummary,
)

from .conftest import Client, Run

TRAIN = """
    import functools, sys, time
    import jax, jax.numpy as jnp

    @functools.partial(jax.jit, donate_argnums=0)
    def step(params, x):
        def turn(total, row):
            return total + jnp.log(row), total
        loss, _ = jax.lax.scan(turn, jnp.zeros(()), x)
        return {"w": params["w"] * 0.9}, loss

    @jax.jit
    def evaluate(params):
        return params["w"].sum()

    params = {"w": jnp.ones(3)}
    print(evaluate(params))
    for i in range(int(sys.argv[1])):
        x = jnp.ones(4).at[2].set(0.0 if i == 3 else 1.0)
        params, loss = step(params, x)
        time.sleep(0.01)
"""


def _paused(run: Callable[..., Run], *, keeps: bool) -> Client:
    client = run(TRAIN, "6" if keeps else "1000", hold=True).client
    client.until_state(RunState.PAUSED)
    assert client.ask(SetStops((Stop(0, StopKind.NONFINITE),))) == Done()
    if keeps:
        assert client.ask(KeepCalls(is_on=True)) == Done()
    client.ask(Control(GateCommand.CONTINUE))
    client.until_state(RunState.PAUSED)
    return client


def _answer(client: Client, request: Record) -> Any:
    answer = client.ask(request)
    while isinstance(answer, Progress):
        answer = client.ask(request)
    return answer


def _function(client: Client, name: str) -> int:
    seen = client.until(lambda e: isinstance(e, FunctionSeen) and e.name.endswith(name))
    assert isinstance(seen, FunctionSeen)
    return seen.id


def test_the_kept_call_is_replayed(run: Callable[..., Run]):
    client = _paused(run, keeps=True)
    step = _function(client, "step")
    blame = _answer(client, FindNonFinite(step))
    assert isinstance(blame, Blame), blame
    assert (blame.origin, blame.makes, blame.primitive) == (Origin.EQUATION, "inf", "log")
    assert (blame.call, blame.output) == (4, "[1]")
    assert blame.text == "return total + jnp.log(row), total"
    assert blame.iterations == (2,)
    (loop,) = blame.loops
    assert loop.n_turns == 4
    assert blame.operands[0].at_first == (0.0,)
    assert blame.why.startswith("log of 0 is -inf")

    before = _answer(client, ReplayEquation(step, blame.equation))
    assert isinstance(before, Replayed), before
    assert before.iterations == (0,)
    assert _value(client, before, 0) == 1.0
    at_fault = _answer(client, ReplayEquation(step, blame.equation, blame.iterations))
    assert isinstance(at_fault, Replayed)
    assert (at_fault.call, at_fault.loops) == (4, (LoopTurns(loop.equation, 4),))
    assert _value(client, at_fault, 0) == 0.0
    gone = client.ask(ReadValue(before.opened.tree.revision, 0))
    assert isinstance(gone, Problem)
    assert gone.code == "stale"

    check = _answer(client, CheckReplay(step))
    assert isinstance(check, ReplayCheck), check
    assert check.names == ("[0]['w']", "[1]")
    assert check.greatest.tolist() == [pytest.approx(0, abs=1e-6), 0.0]
    assert check.n_otherwise.tolist() == [0, 0]
    assert check.epsilons == (2.0**-23, 2.0**-23)

    for request, code in (
        (FindNonFinite(_function(client, "evaluate")), "other-call"),
        (ReplayEquation(step, 10_000), "stale"),
    ):
        problem = _answer(client, request)
        assert isinstance(problem, Problem)
        assert problem.code == code

    client.ask(Control(GateCommand.CONTINUE))
    assert client.until_end().state is RunState.FINISHED


def _value(client: Client, replayed: Replayed, at: int) -> float:
    """Return the one element of the `at`-th value that was replayed."""
    summary = _answer(client, ReadValue(replayed.opened.tree.revision, int(replayed.nodes[at])))
    assert isinstance(summary, ValueSummary)
    return summary.minimum


def test_what_was_donated_is_named_where_calls_are_not_kept(run: Callable[..., Run]):
    client = _paused(run, keeps=False)
    problem = _answer(client, FindNonFinite(_function(client, "step")))
    assert isinstance(problem, Problem)
    assert problem.code == "donated"
    assert "params" in problem.why
    problem = _answer(client, FindNonFinite(_function(client, "evaluate")))
    assert isinstance(problem, Problem)
    assert problem.code == "not-kept"
