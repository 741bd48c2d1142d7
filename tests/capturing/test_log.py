"""What a script logs becomes curves, and nothing that it logs harms it."""

import subprocess
import sys
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import eqxviz
from eqxviz import capturing
from eqxviz.capturing import Gate
from eqxviz.records import MetricBatch, Problem, Series

from .conftest import Seen


def points(seen: Seen) -> dict[str, list[tuple[int, float]]]:
    batches = seen.of(MetricBatch)
    names = {s.id: s.name for b in batches for s in b.new_series}
    found: dict[str, list[tuple[int, float]]] = {}
    for b in batches:
        for series, step, value in zip(b.series, b.step, b.value, strict=True):
            found.setdefault(names[int(series)], []).append((int(step), float(value)))
    return found


def test_numbers_of_all_kinds_are_logged(seen: Seen):
    eqxviz.log(step=3, a=1, b=2.5, c=np.float32(0.5), d=True, e=np.array([4.0]), f=None)
    eqxviz.log(4, g=jnp.float32(6.0), h=jnp.ones((1, 1)), i=jnp.bfloat16(1.5), **{"train/x": 7})
    assert points(seen) == {
        "a": [(3, 1.0)], "b": [(3, 2.5)], "c": [(3, 0.5)], "d": [(3, 1.0)], "e": [(3, 4.0)],
        "g": [(4, 6.0)], "h": [(4, 1.0)], "i": [(4, 1.5)], "train/x": [(4, 7.0)],
    }  # fmt: skip


def test_the_items_of_a_dict_are_curves(seen: Seen):
    eqxviz.log(step=1, metrics={"loss": 0.5, "by class": {0: jnp.float32(2.0)}})
    assert points(seen) == {'metrics["loss"]': [(1, 0.5)], 'metrics["by class"][0]': [(1, 2.0)]}


def test_without_a_step_a_point_stands_at_the_runs_step(seen: Seen):
    @jax.jit
    def step(w):
        return w * 2

    eqxviz.log(before=1.0)
    eqxviz.log(before=2.0)
    w = jnp.ones(3)
    for _ in range(3):
        w = step(w)
    eqxviz.log(norm=jnp.sum(w))
    assert points(seen) == {"before": [(1, 1.0), (2, 2.0)], "norm": [(3, 24.0)]}


def test_a_logged_curve_knows_its_line_and_is_told_from_one_of_a_call(seen: Seen):
    @jax.jit
    def step(x):
        return x

    loss = step(1.0)
    eqxviz.log(loss=loss)
    eqxviz.log(loss=loss)
    line = test_a_logged_curve_knows_its_line_and_is_told_from_one_of_a_call.__code__.co_firstlineno
    series = [s for batch in seen.of(MetricBatch) for s in batch.new_series]
    assert series[1] == Series(1, "loss (logged)", -1, __file__, line + 6)
    assert seen.curves == {"loss": [1.0], "loss (logged)": [1.0, 1.0]}


def test_a_callback_in_a_compiled_function_logs(seen: Seen):
    @jax.jit
    def step(x):
        jax.debug.callback(lambda norm: eqxviz.log(norm=norm), jnp.sum(x))
        return x * 2

    y = step(jnp.ones(3))
    jax.effects_barrier()
    assert y.shape == (3,)
    assert seen.curves == {"norm": [3.0]}


@pytest.mark.parametrize(
    ("value", "what"),
    [("high", "a str"), (jnp.ones(3), "an array float32[3]"), (object(), "a object"),
     (1j, "a complex"), (np.array("x"), "an array <U1[]"), (10**400, "a int")],
)  # fmt: skip
def test_what_is_no_number_is_told_and_harms_nothing(value: Any, what: str):
    seen = Seen()
    with seen.watching():
        for _ in range(3):
            eqxviz.log(loss=value, acc=1.0)
        assert seen.curves == {"acc": [1.0, 1.0, 1.0]}
        (problem,) = seen.problems
    assert problem.code == "log-no-number"
    assert what in problem.why
    assert problem.file == __file__
    assert problem.line > 0


def test_a_tracer_is_told_with_what_to_do():
    seen = Seen()
    with seen.watching():

        @jax.jit
        def step(x):
            eqxviz.log(loss=x)
            return x + 1

        step(1.0)
        step(2.0)
        assert "loss" not in seen.curves
        (problem,) = seen.problems
    assert problem.code == "log-tracer"
    assert "jax.debug.callback" in problem.fix
    assert problem.file == __file__


@pytest.mark.parametrize("step", [2**63, -(2**63) - 1, 10**400, 1e300, np.uint64(2**63)])
def test_a_step_beyond_64_bits_is_told_and_harms_no_other_point(step: Any):
    seen = Seen()
    with seen.watching():
        eqxviz.log(step=2**63 - 1, a=1.0)
        eqxviz.log(step=step, a=2.0)
        eqxviz.log(step=-(2**63), a=3.0)
        assert points(seen)["a"] == [(2**63 - 1, 1.0), (1, 2.0), (-(2**63), 3.0)]
        (problem,) = seen.problems
    assert (problem.code, "int of 64 bits" in problem.title) == ("log-step", True)


def test_the_name_of_a_curve_is_one_line(seen: Seen):
    eqxviz.log(step=1, **{"train\nloss ": 1.0, "": 2.0})
    assert points(seen) == {"train loss": [(1, 1.0)], "(no name)": [(1, 2.0)]}


def test_a_step_that_is_no_int_is_told():
    seen = Seen()
    with seen.watching():
        eqxviz.log(step=np.int64(2), a=1.0)
        eqxviz.log(step=3.0, a=1.0)  # type: ignore[arg-type]  # that is what is tried
        eqxviz.log(step=jnp.ones(2, jnp.int32), a=1.0)
        assert [step for step, _ in points(seen)["a"]] == [2, 3, 1]
        (problem,) = seen.problems
    assert (problem.code, "int32[2]" in problem.why) == ("log-step", True)


def test_a_step_of_a_state_that_is_still_computed_is_waited_for_by_nobody(seen: Seen):
    @partial(jax.jit, donate_argnums=0)
    def train(state):
        product = jax.lax.fori_loop(0, 2000, lambda _, x: x @ x / 200, jnp.ones((200, 200)))
        n = state["step"] + product[0, 0].astype(jnp.int32)
        return {"step": n, "loss": 10.0 / n}

    state = train({"step": jnp.int32(0), "loss": jnp.float32(0)})
    was_ready = state["step"].is_ready()
    eqxviz.log(step=state["step"], mine=state["loss"], known=2.0, boxed=state["loss"][None, None])
    assert was_ready or not state["step"].is_ready()
    for _ in range(2):
        state = train(state)  # what was logged is donated
        eqxviz.log(step=state["step"], mine=state["loss"], known=2.0)
    jax.block_until_ready(state)
    found = points(seen)
    assert found["mine"] == [(1, 10.0), (2, 5.0), (3, pytest.approx(10 / 3))]
    assert found["known"] == [(1, 2.0), (2, 2.0), (3, 2.0)]
    assert found["boxed"] == [(1, 10.0)]


def test_an_array_that_is_deleted_before_it_is_read_is_told():
    seen = Seen()
    with seen.watching():
        x = jnp.float32(1.0)
        x.delete()
        eqxviz.log(loss=x)
        (problem,) = seen.problems
    assert problem.code == "scalars-lost"


def test_before_jax_is_imported_the_script_logs_as_well():
    code = """
import sys
from eqxviz import capturing
import eqxviz
records = []
gate = capturing.Gate()
capturing.install(records.extend, gate)
eqxviz.log(loss=1.5)
eqxviz.log(loss=2.5, step=7)
assert "jax" not in sys.modules
capturing.uninstall()
batches = [r for r in records if type(r).__name__ == "MetricBatch"]
print([v for b in batches for v in b.value.tolist()], [s for b in batches for s in b.step.tolist()])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout == "[1.5, 2.5] [1, 7]\n"


def test_outside_of_eqxviz_nothing_is_done_nor_imported():
    code = """
import sys, eqxviz
eqxviz.log(loss=object(), step="x")
print(sorted(m for m in sys.modules if m.startswith(("jax", "numpy", "eqxviz."))))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_after_capture_has_ended_nothing_is_logged():
    records: list[Any] = []
    capturing.install(records.extend, Gate())
    capturing.uninstall()
    eqxviz.log(loss=1.0)
    assert not [r for r in records if isinstance(r, (MetricBatch, Problem))]


def test_a_callback_may_name_a_curve_while_its_step_is_waited_for(seen: Seen):
    import time

    def slowly(x: Any) -> None:
        time.sleep(0.2)
        eqxviz.log(late=x)

    @jax.jit
    def step(x):
        jax.debug.callback(slowly, x, ordered=True)
        return x * 2

    loss = step(1.0)
    assert seen.of(MetricBatch)
    jax.effects_barrier()
    assert (float(loss), seen.curves) == (2.0, {"loss": [2.0], "late": [1.0]})
