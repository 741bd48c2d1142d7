"""Steps are counted, compilations timed, totals kept."""

import threading
import time

import jax
import jax.numpy as jnp
import numpy as np

from eqxviz.records import FunctionTotals, MetricBatch

from .conftest import Seen


def test_the_step_function_is_the_one_that_returns_what_it_takes(seen: Seen):
    @jax.jit
    def evaluate(params):
        return jnp.sum(params["w"])

    @jax.jit
    def step(params):
        return jax.tree.map(lambda p: p + 1, params), jnp.sum(params["w"])

    params = {"w": jnp.zeros(2), "b": jnp.zeros(2)}
    for i in range(4):
        if i % 2 == 0:
            for _ in range(5):
                score = evaluate(params)
        params, loss = step(params)
    assert (float(score), float(loss)) == (4.0, 6.0)
    observer = seen.capture.observer
    assert observer.step_function.seen == seen.functions["step"]
    assert observer.step == 4
    (batch,) = _joined(seen)
    assert batch["loss"][0].tolist() == [1, 2, 3, 4]
    # Later evaluations stand at the step that they evaluate.
    assert batch["score"][0].tolist()[5:] == [2] * 5


def test_without_such_a_function_the_most_called_one_counts(seen: Seen):
    rare = jax.jit(lambda x: x.sum())
    often = jax.jit(lambda x: x.max())
    x = jnp.arange(3.0)
    rare(x)
    for _ in range(4):
        often(x)
    assert seen.capture.observer.step == 4


def test_an_elementwise_function_called_before_each_step_does_not_take_its_place(seen: Seen):
    @jax.jit
    def normalise(batch):
        return batch / 2

    @jax.jit
    def step(params, batch):
        return [p + jnp.sum(batch) for p in params]

    params = [jnp.zeros(3), jnp.zeros(3), jnp.zeros(3)]
    for _ in range(5):
        params = step(params, normalise(jnp.ones(4)))
    assert seen.capture.observer.step_function.seen == seen.functions["step"]
    assert seen.capture.observer.step == 5


def test_an_elementwise_function_called_more_often_before_is_no_step(seen: Seen):
    scaled = jax.jit(lambda x: 2 * x)

    @jax.jit
    def train_step(w, x):
        return jnp.sum((x - w) ** 2), 0.9 * w

    for _ in range(6):
        scaled(jnp.ones(3))
    w = jnp.ones(3)
    for _ in range(4):
        loss, w = train_step(w, jnp.zeros(3))
    del loss
    assert len(seen.curves["loss"]) == 4
    assert seen.steps == [1, 2, 3, 4]


def test_a_compilation_tells_its_times_its_call_and_the_users_line(seen: Seen):
    @jax.jit
    def f(x):
        return jnp.sin(x) * jnp.zeros(x.shape)

    for n in (2, 2, 3):
        f(jnp.ones(n))
    line = (
        test_a_compilation_tells_its_times_its_call_and_the_users_line.__code__.co_firstlineno + 6
    )
    first, second = seen.compiles
    assert (first.call, second.call) == (1, 3)
    assert {(event.file, event.line) for event in (first, second)} == {(__file__, line)}
    for event in (first, second):
        assert event.trace_seconds > 0
        assert event.lower_seconds > 0
        assert event.compile_seconds > 0
        assert event.cache_load_seconds == 0
    assert 0 < first.start_seconds < second.start_seconds


def test_eager_operations_are_no_compilations(seen: Seen):
    jnp.arange(17.0) * 3 + jnp.cos(jnp.arange(17.0))
    assert seen.compiles == []


def test_what_is_compiled_outside_of_calls_is_counted(seen: Seen):
    step = jax.jit(lambda x: x * 3 + 1)
    x = jnp.ones(5)
    before = seen.of(FunctionTotals)[-1]
    step.lower(x).compile()
    jax.grad(jax.jit(lambda x: jnp.sum(jnp.sin(x) ** 3)))(x)  # its forward half is the call's
    after = seen.of(FunctionTotals)[-1]
    assert after.outside_compiles - before.outside_compiles >= 2
    assert after.outside_seconds > before.outside_seconds
    assert len(seen.compiles) == 1


def test_totals_count_calls_seconds_and_compilations(seen: Seen):
    @jax.jit
    def f(x):
        return x + 1

    for n in (1, 2, 2):
        f(jnp.ones(n))
    totals = seen.of(FunctionTotals)[-1]
    row = totals.function.tolist().index(seen.functions["f"].id)
    assert (totals.calls[row], totals.compiles[row]) == (3, 2)
    assert totals.seconds[row] > 0


def test_points_arrive_by_themselves_soon_after_the_last_call(seen: Seen):
    @jax.jit
    def f(x):
        return x + 1

    y = f(1.0)
    assert y == 2.0
    deadline = time.monotonic() + 10
    while not any(isinstance(r, MetricBatch) for r in seen.records):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_batches_leave_no_gap_and_nothing_is_dropped(seen: Seen):
    @jax.jit
    def f(x):
        return x, x + 1

    for i in range(2000):
        a, b = f(float(i))
    assert (float(a), float(b)) == (1999.0, 2000.0)
    batches = seen.of(MetricBatch)
    ends = np.cumsum([len(batch.series) for batch in batches])
    assert [batch.first_sequence for batch in batches] == [0, *ends[:-1]]
    assert seen.curves["a"] == [float(i) for i in range(2000)]
    seconds = np.concatenate([batch.seconds for batch in batches])
    assert np.all(np.diff(seconds) >= 0)


def test_capture_keeps_no_array_alive(seen: Seen):
    @jax.jit
    def f(x):
        return jnp.sum(x), x + 1

    loss, big = f(jnp.ones(1000))
    assert loss == 1000.0
    seen.of(MetricBatch)
    import gc
    import weakref

    held = weakref.ref(big)
    del big
    gc.collect()
    assert held() is None


def test_what_follows_after_the_last_step_stands_at_steps_of_its_own(seen: Seen):
    @jax.jit
    def pretrain(w):
        return w * 0.99, jnp.sum(w)

    @jax.jit
    def finetune(w):
        return w * 0.98, jnp.sum(w)

    w = jnp.ones(3)
    for _ in range(50):
        w, first = pretrain(w)
    for _ in range(60):
        w, second = finetune(w)
    del first, second
    steps = seen.steps
    assert steps[:50] == list(range(1, 51))
    assert steps[50:] == [50, *range(52, 111)]
    assert seen.capture is not None
    assert seen.capture.observer is not None
    assert seen.capture.observer.step == 110
    assert seen.capture.observer.step_function is seen.capture.observer.functions.get(1)


def test_parts_that_take_turns_each_go_on(seen: Seen):
    @jax.jit
    def odd(w):
        return w * 0.99, jnp.sum(w)

    @jax.jit
    def even(w):
        return w * 0.98, jnp.sum(w)

    w = jnp.ones(3)
    for _ in range(3):
        for _ in range(30):
            w, first = odd(w)
        for _ in range(25):
            w, second = even(w)
    del first, second
    (curves,) = _joined(seen)
    for name in ("first", "second"):
        own = curves[name][0].tolist()
        assert own == sorted(set(own)), name


def test_updates_in_a_row_after_many_steps_stand_apart_and_one_after_each_step_at_it(seen: Seen):
    @jax.jit
    def act(state):
        return state + 1, jnp.sum(state)

    @jax.jit
    def update(state):
        return state * 0.5, jnp.mean(state)

    state = jnp.ones(3)
    for _ in range(3):
        for _ in range(10):
            state, reward = act(state)
        for _ in range(4):
            state, loss = update(state)
    for _ in range(4):
        for _ in range(2):
            state, reward = act(state)
        state, loss = update(state)
    del reward, loss
    (curves,) = _joined(seen)
    assert curves["reward"][0].tolist() == list(range(1, 39))
    assert curves["loss"][0].tolist() == [
        *(10, 12, 13, 14, 20, 21, 22, 23, 30, 31, 32, 33),
        *(32, 34, 36, 38),
    ]


def test_two_calls_after_each_step_stand_at_that_step(seen: Seen):
    @jax.jit
    def step(state):
        return state + 1, jnp.sum(state)

    @jax.jit
    def look(state):
        return state * 1.0, jnp.mean(state)

    state = jnp.ones(3)
    for i in range(6):
        state, loss = step(state)
        if i >= 2:
            for _ in range(2 if i % 2 else 1):
                _, mean = look(state)
    del loss, mean
    (curves,) = _joined(seen)
    assert curves["loss"][0].tolist() == [1, 2, 3, 4, 5, 6]
    assert curves["mean"][0].tolist() == [3, 4, 4, 5, 6, 6]


def test_two_threads_that_train_at_once_are_no_parts_of_one_run(seen: Seen):
    @jax.jit
    def one(state):
        return state + 1, jnp.sum(state)

    @jax.jit
    def other(state):
        return state * 0.5, jnp.mean(state)

    def train_other() -> None:
        state = jnp.ones(3)
        for _ in range(40):
            state, mean = other(state)
        del mean

    state = jnp.ones(3)
    for i in range(100):
        state, loss = one(state)
        if i == 50:
            thread = threading.Thread(target=train_other)
            thread.start()
            thread.join()
    del loss
    (curves,) = _joined(seen)
    assert curves["loss"][0].tolist() == list(range(1, 101))
    assert curves["mean"][0].tolist() == [51] * 40


def _joined(seen: Seen) -> list[dict[str, tuple[np.ndarray, np.ndarray]]]:
    """Return steps and values of every curve, by name."""
    batches = seen.of(MetricBatch)
    names = {s.id: s.name for batch in batches for s in batch.new_series}
    series = np.concatenate([batch.series for batch in batches])
    steps = np.concatenate([batch.step for batch in batches])
    values = np.concatenate([batch.value for batch in batches])
    return [{n: (steps[series == i], values[series == i]) for i, n in names.items()}]


def test_points_arrive_though_many_threads_make_calls_without_a_break(seen: Seen):
    step = jax.jit(lambda x: x + 1)
    step(1.0)
    ends = threading.Event()

    def train() -> None:
        while not ends.is_set():
            loss = step(1.0)
        del loss

    threads = [threading.Thread(target=train) for _ in range(4)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 20
    while sum(isinstance(r, MetricBatch) for r in seen.records) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    ends.set()
    for thread in threads:
        thread.join()
    assert len(seen.curves["loss"]) == seen.calls("<lambda>") - 1
