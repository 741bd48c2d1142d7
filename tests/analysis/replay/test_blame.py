"""What is to blame for a result is the equation that makes it so, and not what is meant."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from eqxviz.analysis.graph import read_graph
from eqxviz.analysis.replay import Replay
from eqxviz.analysis.replay.blame import Suspect, blame_task
from eqxviz.analysis.tracing import argument_names
from eqxviz.records import Blame, Origin, Stage

INF, NAN = np.float32(np.inf), np.float32(np.nan)


def blame_of(fn: Callable[..., Any], *args: Any) -> Blame:
    """Return what is to blame for what `fn` returns."""
    names = argument_names(fn, len(args))
    replay = Replay(fn, args, {}, argument_names=names, name="fn")
    graph = read_graph(
        replay.traced, fn, args, {}, title="fn", names=names, project_root=None, name="fn"
    )
    task = blame_task(Suspect(replay, graph, replay.results_of(jax.jit(fn)(*args)), 0, 1))
    while not task.step(0.05):
        pass
    return task.result


def test_an_inf_that_is_returned_as_it_was_given_is_not_the_nan_beside_it():
    def fn(best, x):
        return jnp.concatenate([best, jnp.log(x)])

    found = blame_of(fn, np.array([INF, 1]), np.array([-1, 1], np.float32))
    assert (found.origin, found.primitive, found.makes) == (Origin.EQUATION, "log", "nan")


def test_an_array_that_holds_a_nan_is_looked_at_before_one_of_inf_that_may_be_meant():
    def fn(x):
        return 1 / x, jnp.sqrt(x[1:])

    found = blame_of(fn, np.array([0, -1, 1], np.float32))
    assert (found.output, found.primitive) == ("[1]", "sqrt")


def test_an_inf_that_the_function_itself_holds_is_told_as_a_constant():
    found = blame_of(lambda x: (x, jnp.array(jnp.inf)), np.ones(2, np.float32))
    assert (found.origin, found.output, found.equation) == (Origin.CONSTANT, "[1]", -1)
    assert found.why == "[1] is Inf as the function has it: no equation computes it"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (NAN, "the NaN is a constant of the program"),
        (INF, "the Inf is a constant of the program, as masks have it"),
    ],
)
def test_what_a_constant_brought_in_is_called_what_it_is(value: np.float32, words: str):
    found = blame_of(lambda x: jnp.where(x > 1, value, x) * 0, np.array([0, 2], np.float32))
    assert found.origin is Origin.CONSTANT
    assert found.why.endswith(words)


def loss(w, x):
    return jnp.sum(jnp.log(w * x))


def stepped(w, x):
    value, gradient = jax.value_and_grad(loss)(w, x)
    return value, w - gradient / jnp.sum(gradient * 0)


@pytest.mark.parametrize(
    ("fn", "x", "stage"),
    [
        pytest.param(stepped, -1, Stage.FORWARD, id="forward"),
        pytest.param(jax.grad(loss), 0, Stage.BACKWARD, id="backward"),
        pytest.param(stepped, 1, Stage.UPDATE, id="update"),
        pytest.param(loss, -1, Stage.UNKNOWN, id="nothing is differentiated"),
    ],
)
def test_it_is_told_which_part_of_a_step_made_it(fn: Callable[..., Any], x: float, stage: Stage):
    assert blame_of(fn, jnp.ones(2), jnp.full(2, x, jnp.float32)).stage is stage
