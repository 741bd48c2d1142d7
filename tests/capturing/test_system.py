"""Samples say where the time and the memory of a run are."""

import math
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from eqxviz.capturing import system
from eqxviz.records import SystemSample

from .conftest import Seen


@pytest.fixture
def slow() -> object:
    """A function that computes for a while after its call has returned."""

    @jax.jit
    def slow(x):
        return jnp.sum(jax.lax.fori_loop(0, 60, lambda i, x: jnp.tanh(x @ x), x))

    return slow


def samples(seen: Seen) -> list[SystemSample]:
    """Return the samples, with a last one of now."""
    return seen.of(SystemSample)


def test_time_in_calls_compiling_and_outside_is_told_apart(seen: Seen):
    @jax.jit
    def step(x):
        return jnp.sin(x) @ jnp.cos(x)

    time.sleep(0.1)
    x = step(jnp.ones((50, 50)))
    time.sleep(0.2)
    x = step(x)
    last = samples(seen)[-1]
    assert last.step == 2
    assert 0.1 < last.first_call_seconds < last.seconds - last.call_seconds - 0.2
    assert 0 < last.compile_seconds < last.call_seconds < last.seconds - 0.2
    assert last.process_bytes > 10_000_000


def test_waiting_for_results_is_measured(seen: Seen, slow):
    x = jnp.full((400, 400), 0.01)
    slow(x).block_until_ready()
    before = samples(seen)[-1].waiting_seconds
    total = slow(x)
    was_ready, start = total.is_ready(), time.perf_counter()
    assert not math.isnan(float(total))
    spent = time.perf_counter() - start
    waited = samples(seen)[-1].waiting_seconds - before
    # All that reading the value took was waiting; a backend that computed at once has no such time.
    assert was_ready or 0.5 * spent <= waited <= spent + 1e-3
    before = samples(seen)[-1].waiting_seconds
    for read in (float, jax.block_until_ready, type(total).item):
        read(total)
    assert samples(seen)[-1].waiting_seconds - before < 0.1


def test_values_are_read_as_ever_while_waiting_is_measured(seen: Seen):
    x = jnp.arange(3.0)
    assert (float(x[1]), x[2].item(), int(x[0]), bool(x[1])) == (1.0, 2.0, 0, True)
    assert x.item(2) == 2.0
    assert x.block_until_ready() is x
    assert jax.block_until_ready((x, 3))[0] is x
    assert f"{x[1]:.1f}" == "1.0"
    one = x[1]
    one.delete()
    with pytest.raises(RuntimeError, match="deleted"):
        float(one)


def test_the_class_of_arrays_is_as_before_once_capture_has_ended():
    cls = type(jnp.ones(1))
    names = ("_value", "item", "block_until_ready")
    before = [vars(cls)[name] for name in names]
    block = jax.block_until_ready
    seen = Seen()
    with seen.watching():
        assert vars(cls)["_value"] is not before[0]
    assert [vars(cls)[name] for name in names] == before
    assert jax.block_until_ready is block


def test_live_arrays_are_told_by_shape_the_largest_first(seen: Seen):
    step = jax.jit(lambda x: x + 1)
    large = [step(jnp.ones((300, 70))) for _ in range(4)]
    last = samples(seen)[-1]
    place = last.live_aval.index("f32[300,70]")
    assert last.live_count[place] >= 4
    assert last.live_bytes[place] == last.live_count[place] * 300 * 70 * 4
    assert np.all(np.diff(last.live_bytes) <= 0)
    assert last.n_live >= len(large)
    assert last.n_live_bytes >= last.live_bytes.sum()


def test_listing_takes_no_larger_share_of_the_time_than_allowed(
    seen: Seen, monkeypatch: pytest.MonkeyPatch
):
    jax.jit(lambda x: x + 1)(jnp.ones(3))
    calls: list[float] = []

    def live_arrays() -> list[jax.Array]:
        calls.append(time.perf_counter())
        time.sleep(0.05)
        return []

    monkeypatch.setattr(jax, "live_arrays", live_arrays)
    recorder = seen.capture._recorder
    sampler = recorder.system
    with recorder._lock:  # it samples in a thread of its own, too
        sampler._listing_due = 0.0
        for _ in range(3):
            sampler.sample()
    assert len(calls) == 1
    assert sampler._listing_due - calls[0] >= 0.05 / system._LISTING_SHARE


def test_memory_of_devices_is_told_where_they_say_it():
    class Device:
        platform, id = "cuda", 1

        def memory_stats(self):
            return {"bytes_in_use": 5, "peak_bytes_in_use": 7, "bytes_limit": 9}

    class Silent(Device):
        def memory_stats(self):
            raise RuntimeError("unimplemented")

    (memory,) = system._memories([Device(), Silent(), *jax.local_devices()])
    assert (memory.device, memory.in_use, memory.peak, memory.limit) == ("cuda:1", 5, 7, 9)


def test_no_backend_comes_to_be_by_a_sample(seen: Seen):
    sampler = seen.capture._recorder.system
    assert seen.capture.observer.device == ""
    assert sampler.sample() == []


def test_samples_come_about_once_a_second_while_calls_are_made(seen: Seen):
    step = jax.jit(lambda x: x + 1)
    x = jnp.ones(3)
    stop = time.monotonic() + 2.6
    while time.monotonic() < stop:
        x = step(x)
        time.sleep(0.01)
    found = [r for r in seen.records if isinstance(r, SystemSample)]
    assert 2 <= len(found) <= 4
