"""A loop that compiles every step raises an alarm while it goes on, and a warm-up does not."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import equinox
import jax
import jax.numpy as jnp
import pytest

import eqxcore
from eqxviz.records import Problem, Severity

from .conftest import Seen


def alarms(program: Callable[[], Any]) -> list[Problem]:
    """Run `program` under capture, and return its problems."""
    seen = Seen()
    with seen.watching():
        program()
    assert all(problem.code == "EQX110" for problem in seen.problems)
    return seen.problems


@pytest.mark.parametrize("library", [eqxcore, equinox], ids=["eqxcore", "equinox"])
def test_a_step_number_that_is_static_alarms_once_at_the_fifth_compilation(library: Any):
    stages = []

    def program():
        @library.filter_jit
        def step(x, i):
            return x + i

        for i in range(12):
            step(jnp.ones(3), i)
            stages.append(i)

    (alarm,) = alarms(program)
    assert alarm.severity is Severity.WARNING
    assert alarm.title == "step compiles anew on nearly every call"
    assert "`i` is static, and changed from 3 to 4" in alarm.why
    assert "5 times in 5 calls" in alarm.why
    assert "jnp.asarray(i)" in alarm.fix
    lines, first = inspect.getsourcelines(program)
    called = next(n for n, line in enumerate(lines, first) if "step(jnp" in line)
    assert (alarm.file, alarm.line) == (__file__, called)
    assert alarm.function >= 0


def test_the_alarm_comes_while_the_loop_runs():
    seen = Seen()
    told = []
    with seen.watching():
        for _ in range(6):
            jax.jit(lambda x: x + 1)(jnp.ones(3))
            told.append(len(seen.problems))
    assert told == [0, 0, 0, 0, 1, 1]
    (alarm,) = seen.problems
    assert "made anew and jitted again" in alarm.why
    assert "out of the loop" in alarm.fix


def test_one_cached_call_among_five_does_not_hide_it():
    def program():
        step = jax.jit(lambda x: x + 1)
        for n in (2, 3, 4, 4, 5, 6, 7):
            step(jnp.ones(n))

    assert len(alarms(program)) == 1


def test_another_cause_of_one_function_is_another_alarm():
    def program():
        @functools.partial(jax.jit, static_argnums=1)
        def step(x, n):
            return x * n

        for n in range(6):
            step(jnp.ones(3), n)
        for n in range(4, 10):
            step(jnp.ones(n), 2)

    paths = [alarm.why.split("`")[1] for alarm in alarms(program)]
    assert paths == ["n", "x"]


def test_caches_that_are_cleared_in_each_step_alarm():
    def program():
        step = jax.jit(lambda x: x + 1)
        for _ in range(6):
            step(jnp.ones(3))
            step.clear_cache()

    (alarm,) = alarms(program)
    assert "forgotten" in alarm.why
    assert "clear_cache" in alarm.fix


def test_a_warm_up_of_four_shapes_and_compilations_now_and_then_are_well():
    def program():
        step = jax.jit(lambda x: x + 1)
        for n in (8, 16, 32, 64):
            step(jnp.ones(n))
        for n in (8, 8, 16, 100, 100, 101, 101, 102, 102, 103, 103, 104):
            step(jnp.ones(n))
        mixed = functools.partial(jax.jit, static_argnums=1)(lambda x, n: x * n)
        for n, size in enumerate((3, 3, 4, 4, 5, 5)):
            mixed(jnp.ones(size), n // 3)

    assert alarms(program) == []


def test_a_function_that_had_settled_alarms_again():
    def program():
        @functools.partial(jax.jit, static_argnums=1)
        def step(x, n):
            return x * n

        for n in (0, 1, 2, 3, 4, *(7 * [4]), 5, 6, 7, 8):
            step(jnp.ones(3), n)

    assert len(alarms(program)) == 2
