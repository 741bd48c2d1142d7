"""A run pauses by itself: at calls, at conditions of curves, at NaN, at recompilations."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import equinox
import jax
import jax.numpy as jnp
import pytest

import eqxcore
import eqxviz
from eqxviz.capturing import Held
from eqxviz.capturing.stops import StopError
from eqxviz.records import GateCommand, HaltKind, RunState, Stop, StopKind

from .conftest import Seen


class Script:
    """What a script does, in a thread of its own; it is at work until `join`."""

    def __init__(self, seen: Seen, *works: Callable[[], Any]) -> None:
        self._seen = seen
        self.gate = seen.gate
        self.gate.start()
        self._errors: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._work, args=(work,), name=work.__name__, daemon=True)
            for work in works
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def _work(self, work: Callable[[], Any]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told by `join`
            self._errors.append(error)

    def next_pause(self) -> Held:
        """Return where the run is paused, as soon as it is."""
        if not self._threads[0].ident:
            self.start()
        _until(lambda: self.gate.state is RunState.PAUSED or not self.is_alive)
        held = self.gate.held
        assert held is not None, f"the script ended without a pause: {self._errors}"
        return held

    def go_on(self, command: GateCommand = GateCommand.CONTINUE) -> None:
        """Let the run go on, and return when it does."""
        before = self.gate.held
        self.gate.command(command)
        _until(lambda: self.gate.held is not before or not self.is_alive)

    @property
    def is_alive(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def join(self) -> None:
        """Let it run to its end, which must come."""
        if self._threads[0].ident:
            self._seen.capture.stops.set(())  # type: ignore[union-attr]  # it is at work
            self.gate.command(GateCommand.CONTINUE)
            for thread in self._threads:
                thread.join(20)
            assert not self.is_alive
        assert self._errors == []


def _until(is_true: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 20
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.fixture
def script(seen: Seen) -> Iterator[Callable[..., Script]]:
    made: list[Script] = []

    def make(*works: Callable[[], Any]) -> Script:
        made.append(Script(seen, *works))
        return made[-1]

    yield make
    for each in made:
        each.join()


def _stop(seen: Seen, *stops: Stop) -> None:
    assert seen.capture is not None
    seen.capture.stops.set(stops)


def _keep(seen: Seen) -> None:
    assert seen.capture is not None
    seen.capture.keep_calls(True)


def _steps_of(jit: Callable[..., Any]) -> Callable[[int, Callable[[int], Any]], None]:
    """Return a loop of a step jitted by `jit`: its loss is what is asked for each turn."""

    def step(loss, weight):
        return loss * 1.0, weight + 1

    jitted = jit(step)

    def train(n, loss_at):
        weight = jnp.zeros(3)
        for i in range(n):
            loss, weight = jitted(jnp.float32(loss_at(i)), weight)
            time.sleep(0.002)
            del loss

    return train


@pytest.fixture(params=["jax", "eqxcore", "equinox"])
def jit(request: pytest.FixtureRequest, seen: Seen) -> Callable[..., Any]:
    """How a step is jitted: as long as it is watched, `jax.jit` is another one."""
    return {"jax": jax.jit, "eqxcore": eqxcore.filter_jit, "equinox": equinox.filter_jit}[
        request.param
    ]


def test_a_stop_on_a_function_pauses_before_each_of_its_calls(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x + 1

    @jax.jit
    def score(x):
        return x * 2

    def train():
        x = 0.0
        for _ in range(3):
            x = step(x)
            score(x)

    _stop(seen, Stop(4, StopKind.CALL, function="score"))
    running = script(train)
    for n in (1, 2, 3):
        held = running.next_pause()
        assert (held.kind, held.call, held.stop) == (HaltKind.CALL, n, 4)
        assert held.function == seen.functions["score"].id
        assert held.why == f"call {n} of score"
        assert (held.stop_kind, held.thread) == (StopKind.CALL, "train")
        running.go_on()


def test_a_function_is_known_by_its_line_before_it_is_made(seen: Seen, script: Any):
    @jax.jit
    def earlier(x):
        return x - 1

    def later(x):
        return x + 1

    code = later.__code__

    def train():
        earlier(0.0)
        made = jax.jit(later)
        made(0.0)

    stop = Stop(1, StopKind.CALL, code.co_filename, code.co_firstlineno, "later")
    _stop(seen, stop)
    running = script(train)
    assert running.next_pause().function == seen.functions["later"].id
    assert seen.calls("earlier") == 1


def test_a_stop_on_any_function_meets_them_all(seen: Seen, script: Any, jit: Any):
    train = _steps_of(jit)

    def work():
        train(2, lambda i: i)

    _stop(seen, Stop(1, StopKind.CALL))
    running = script(work)
    assert running.next_pause().call == 1
    running.go_on()
    assert running.next_pause().call == 2


def test_a_condition_of_a_call_is_one_of_the_frame_that_makes_it(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x + 1

    def train():
        x, sizes = 0.0, [1, 2]
        for i in range(5):  # noqa: B007 - the condition reads it
            x = step(x)
        return sizes

    _stop(seen, Stop(1, StopKind.CALL, function="step", condition="any(i == n + 1 for n in sizes)"))
    running = script(train)
    held = running.next_pause()
    assert (held.call, held.why) == (3, "call 3 of step: `any(i == n + 1 for n in sizes)` is true")
    running.go_on()
    assert running.next_pause().call == 4


def test_a_condition_that_raises_pauses_and_says_so(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x + 1

    def train():
        step(0.0)

    _stop(seen, Stop(1, StopKind.CALL, function="step", condition="epoch > 3"))
    held = script(train).next_pause()
    assert held.why == ("call 1 of step: `epoch > 3` raised NameError: name 'epoch' is not defined")


def test_a_condition_that_never_ends_can_be_interrupted(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x + 1

    entered = threading.Event()

    def forever():
        entered.set()
        while True:
            pass

    def train():
        assert forever  # a variable of this frame
        for i in range(3):
            step(float(i))

    _stop(seen, Stop(1, StopKind.CALL, function="step", condition="forever()"))
    running = script(train)
    running.start()
    assert entered.wait(20)
    running.gate.command(GateCommand.PAUSE)
    held = running.next_pause()
    assert held.stop == 1
    assert "`forever()` was interrupted after" in held.why
    assert seen.calls("step") == 0


def test_a_stop_that_is_not_enabled_holds_nothing(seen: Seen, script: Any):
    _stop(seen, Stop(1, StopKind.CALL, is_enabled=False))
    assert not seen.gate.attention
    assert seen.capture is not None
    assert seen.capture.stops.of(StopKind.CALL) == ()


def test_a_stop_is_taken_back(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x + 1

    def train():
        for i in range(5):
            step(float(i))

    _stop(seen, Stop(1, StopKind.CALL, function="step"))
    running = script(train)
    running.next_pause()
    _stop(seen)
    running.go_on()
    _until(lambda: not running.is_alive)
    assert seen.calls("step") == 5


def test_a_condition_on_a_curve_pauses_some_calls_later(seen: Seen, script: Any, jit: Any):
    train = _steps_of(jit)

    def work():
        train(200, lambda i: 12.5 if i >= 50 else 1)

    _stop(seen, Stop(2, StopKind.CONDITION, condition="loss > 10"))
    running = script(work)
    held = running.next_pause()
    assert held.kind is HaltKind.CALL
    assert held.stop == 2
    assert held.why == "loss was 12.5 at step 51"
    assert 51 < held.call < 100
    running.go_on()
    _until(lambda: not running.is_alive)  # it stays true, and is no news


def test_step_in_a_condition_is_the_step_of_the_point(seen: Seen, script: Any):
    train = _steps_of(jax.jit)

    def work():
        train(200, lambda i: 1)

    stop = Stop(2, StopKind.CONDITION, condition="loss < 4 and step > 50")
    _stop(seen, stop)
    running = script(work)
    assert running.next_pause().why == "loss was 1 at step 51"
    assert seen.capture is not None
    assert seen.capture.stops.unknown_curves() == {}


def test_step_in_a_condition_is_the_curve_of_that_name_where_there_is_one(seen: Seen):
    _stop(seen, Stop(2, StopKind.CONDITION, condition="loss < 4 and step > 50"))
    halve = jax.jit(lambda x: (x * 0, x / 2))
    for i in range(5):
        loss, step = halve(96.0 + 2 * i)
    assert (float(loss), float(step)) == (0, 52)
    assert seen.capture is not None
    seen.capture.flush()
    met = seen.gate.met
    assert met is not None
    assert met.why_late == "loss was 0 and step was 51 at step 4"


def test_a_condition_is_met_right_after_the_call_while_calls_are_kept(
    seen: Seen, script: Any, jit: Any
):
    train = _steps_of(jit)

    def work():
        train(30, lambda i: 12.5 if i in (20, 25) else 1)

    _keep(seen)
    _stop(seen, Stop(2, StopKind.CONDITION, condition="loss > 10"))
    running = script(work)
    for n in (21, 26):
        held = running.next_pause()
        assert (held.kind, held.call, held.why) == (
            HaltKind.RETURN, n, f"loss is 12.5 at step {n}"
        )  # fmt: skip
        assert float(held.result[0]) == 12.5
        running.go_on()


def test_a_condition_takes_several_curves_and_their_newest_values(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x * 1.0

    def train():
        for i in range(10):
            loss = step(float(i))
            if i == 2:
                eqxviz.log(best=loss)

    _keep(seen)
    condition = "loss > 2 * best and not isnan(best)"
    _stop(seen, Stop(1, StopKind.CONDITION, condition=condition))
    held = script(train).next_pause()
    assert held.call == 6
    assert held.why == "loss is 5 and best is 2 at step 6"


def test_a_curve_that_was_there_before_the_stop_is_known(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x * 1.0

    def train():
        eqxviz.log(best=2.0)
        for i in range(10):
            loss = step(float(i))  # noqa: F841 - the assignment names the curve

    _keep(seen)
    _stop(seen, Stop(1, StopKind.CALL, condition="i == 3"))
    running = script(train)
    running.next_pause()
    _stop(seen, Stop(2, StopKind.CONDITION, condition="loss > 2 * best"))
    running.go_on()
    assert running.next_pause().why == "loss is 5 and best is 2 at step 6"


def test_what_was_logged_is_met_before_the_next_call(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x + 1

    def train():
        for i in range(10):
            step(float(i))
            eqxviz.log(**{"eval loss": 100.0 if i == 4 else 0.0})

    _keep(seen)
    _stop(seen, Stop(1, StopKind.CONDITION, condition="'eval loss' >= 100"))
    held = script(train).next_pause()
    assert (held.kind, held.call) == (HaltKind.CALL, 6)
    assert held.why == "eval loss was 100 at step 5"
    assert seen.capture is not None
    assert seen.capture.observer is not None
    kept = seen.capture.observer.keeper.kept
    assert kept is not None
    assert kept.call == 5


def test_a_condition_that_cannot_be_computed_is_met_and_says_so(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x * 1.0

    def train():
        for i in range(3):
            loss = step(float(1 - i))  # noqa: F841 - the assignment names the curve

    _keep(seen)
    _stop(seen, Stop(1, StopKind.CONDITION, condition="1 / loss > 10"))
    held = script(train).next_pause()
    assert held.call == 2
    assert held.why.startswith("`1 / loss > 10` raised ZeroDivisionError")
    assert held.why.endswith("as loss is 0 at step 2")


def test_a_nan_pauses_some_calls_later(seen: Seen, script: Any, jit: Any):
    train = _steps_of(jit)

    def work():
        train(200, lambda i: float("nan") if i >= 50 else 1)

    _stop(seen, Stop(7, StopKind.NONFINITE))
    running = script(work)
    held = running.next_pause()
    assert (held.kind, held.stop, held.why) == (HaltKind.CALL, 7, "loss was NaN at step 51")
    running.go_on()
    _until(lambda: not running.is_alive)


def test_a_nan_pauses_right_after_the_call_while_calls_are_kept(seen: Seen, script: Any, jit: Any):
    train = _steps_of(jit)

    def work():
        train(9, lambda i: float("inf") if i == 6 else 1)

    _keep(seen)
    _stop(seen, Stop(7, StopKind.NONFINITE, condition="loss"))
    held = script(work).next_pause()
    assert (held.kind, held.call, held.why) == (HaltKind.RETURN, 7, "loss is Inf at step 7")


def test_a_nan_that_a_curve_told_of_is_no_news_in_the_results_after_it(seen: Seen, script: Any):
    train = _steps_of(jax.jit)

    def work():
        train(9, lambda i: float("nan") if i >= 3 else 1)

    _keep(seen)
    _stop(seen, Stop(7, StopKind.NONFINITE))
    running = script(work)
    assert running.next_pause().call == 4
    running.go_on()
    _until(lambda: not running.is_alive)


def test_a_nan_in_any_part_of_a_kept_result_is_met(seen: Seen, script: Any):
    @jax.jit
    def step(params, x):
        return {"w": params["w"] * x, "mask": params["mask"]}

    def train():
        params = {"w": jnp.ones(4), "mask": jnp.array([0.0, -jnp.inf])}
        for i in range(6):
            params = step(params, jnp.array([1.0, 1.0, jnp.nan if i == 3 else 1.0, 1.0]))

    _keep(seen)
    _stop(seen, Stop(7, StopKind.NONFINITE))
    running = script(train)
    held = running.next_pause()
    assert (held.kind, held.call) == (HaltKind.RETURN, 4)
    assert held.why == "call 4 of step: result['w'] has 1 NaN of 4"
    running.go_on()
    _until(lambda: not running.is_alive)  # it stays so, and is no news


def test_what_is_not_finite_in_the_state_is_met_only_by_its_name(seen: Seen, script: Any):
    @jax.jit
    def step(state, x):
        return {"w": state["w"] + x, "best": jnp.minimum(state["best"], x)}

    def train():
        state = {"w": jnp.ones(3), "best": jnp.float32(jnp.inf)}
        for _ in range(30):
            state = step(state, jnp.float32(jnp.inf))
            time.sleep(0.002)

    _stop(seen, Stop(7, StopKind.NONFINITE))
    running = script(train)
    running.start()
    _until(lambda: not running.is_alive)
    named = script(train)
    _stop(seen, Stop(7, StopKind.NONFINITE, condition="state['best']"))
    assert 'state["best"] was Inf' in named.next_pause().why


def test_a_recompilation_pauses_after_the_call_and_says_why(seen: Seen, script: Any, jit: Any):
    def step(x):
        return x * 2

    jitted = jit(step)

    def train():
        for n in (3, 3, 4):
            jitted(jnp.ones(n))

    _stop(seen, Stop(3, StopKind.RECOMPILE))
    held = script(train).next_pause()
    assert (held.kind, held.call, held.stop) == (HaltKind.RETURN, 3, 3)
    assert held.result.shape == (4,)
    assert held.why == "step compiled again: `x` changed its shape from f32[3] to f32[4]"


def test_a_recompilation_of_another_function_is_passed_by(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x * 2

    def train():
        for n in (3, 4):
            step(jnp.ones(n))

    _stop(seen, Stop(3, StopKind.RECOMPILE, function="score"))
    running = script(train)
    running.start()
    _until(lambda: not running.is_alive)


def test_only_the_thread_that_meets_a_stop_is_held_by_it(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x + 1

    @jax.jit
    def score(x):
        return x * 2

    scored = threading.Event()

    def train():
        for i in range(200):
            step(float(i))
            scored.wait(0.001)

    def evaluate():
        _until(lambda: seen.calls("step") > 3)
        score(1.0)
        scored.set()

    _stop(seen, Stop(3, StopKind.CALL, function="score"))
    running = script(train, evaluate)
    held = running.next_pause()
    assert (held.thread, held.stop) == ("evaluate", 3)
    before = seen.calls("step")
    time.sleep(0.05)
    assert seen.calls("step") <= before + 1  # held at its next call
    assert running.gate.held is held


def test_a_second_stop_that_is_met_meanwhile_is_seen_after_the_first(seen: Seen, script: Any):
    @jax.jit
    def step(x):
        return x + 1

    @jax.jit
    def score(x):
        return x * 2

    def train():
        step(1.0)

    def evaluate():
        score(1.0)

    _stop(seen, Stop(0, StopKind.CALL, function="score"), Stop(1, StopKind.CALL, function="step"))
    running = script(train, evaluate)
    first = running.next_pause()
    time.sleep(0.05)
    running.go_on()
    _until(lambda: running.gate.held is not None)
    second = running.gate.held
    assert second is not None
    assert {first.stop, second.stop} == {0, 1}


def test_a_stop_does_not_change_what_a_step_is(seen: Seen, script: Any):
    train = _steps_of(jax.jit)

    def work():
        train(9, lambda i: 1)

    _stop(seen, Stop(1, StopKind.CALL, condition="i == 2"))
    running = script(work)
    assert running.next_pause().call == 3
    running.go_on(GateCommand.STEP)
    held = running.next_pause()
    assert (held.call, held.stop, held.why) == (4, -1, "")


@pytest.mark.parametrize(
    ("stop", "why"),
    [
        (
            Stop(0, StopKind.CONDITION, condition="loss >"),
            "`loss >` cannot be read",
        ),
        (Stop(0, StopKind.CONDITION, condition="loss"), "`loss` is a number, and no condition"),
        (Stop(0, StopKind.CONDITION, condition="2 > 1"), "`2 > 1` names no curve"),
        (
            Stop(0, StopKind.CONDITION, condition="open('x') > loss"),
            r"`open\('x'\)` cannot stand in a condition over curves",
        ),
        (
            Stop(0, StopKind.CONDITION, condition="(lambda: loss)() > 1"),
            "cannot stand in a condition over curves",
        ),
        (
            Stop(0, StopKind.CALL, condition="step ="),
            "`step =` is no expression of Python: invalid syntax",
        ),
        (Stop(0, StopKind.LINE), "It names the file '' and the line 0"),
    ],
)
def test_a_stop_that_cannot_be_read_is_refused_and_the_others_are_set(
    seen: Seen, stop: Stop, why: str
):
    with pytest.raises(StopError, match=why):
        _stop(seen, stop, Stop(5, StopKind.CALL, function="kept"))
    assert seen.capture is not None
    assert [each.id for each in seen.capture.stops.of(StopKind.CALL)] == [5]


def test_curves_that_stops_wait_for_are_told(seen: Seen):
    eqxviz.log(loss=1.0)
    _stop(
        seen,
        Stop(0, StopKind.CONDITION, condition="los > 'eval loss'"),
        Stop(1, StopKind.NONFINITE, condition="loss"),
    )
    assert seen.capture is not None
    assert list(seen.capture.stops.unknown_curves()) == ["los", "eval loss"]
