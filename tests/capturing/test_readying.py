"""While calls are kept, what replaying them takes is compiled in the background."""

import threading
from collections.abc import Callable
from typing import Any

import equinox
import jax
import jax.numpy as jnp
import pytest

import eqxcore
from eqxviz.analysis.replay import Replay
from eqxviz.capturing.jit import unobserved

from .conftest import Seen


def _readying_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "eqxviz-readying"]


@pytest.mark.parametrize("kind", ["jax", "eqxcore", "equinox"])
def test_the_first_replay_has_nothing_left_to_compile(kind: str, seen: Seen):
    assert seen.capture is not None
    jit: Callable[..., Any] = {
        "jax": jax.jit,
        "eqxcore": eqxcore.filter_jit,
        "equinox": equinox.filter_jit,
    }[kind]
    n_traced = 0

    @jit
    def step(x: jax.Array) -> jax.Array:
        nonlocal n_traced
        n_traced += 1
        y = jnp.tanh(x * 3.25).sum()
        return jax.lax.fori_loop(0, 4, lambda i, c: jnp.cos(c) + y, x)

    seen.capture.keep_calls(True)
    x = jnp.ones(hash(kind) % 31 + 3)
    for _ in range(3):
        x = step(x)
    for thread in _readying_threads():
        thread.join(60)
    assert n_traced == 1
    assert seen.capture.observer is not None
    kept = seen.capture.observer.keeper.kept
    assert kept is not None
    compiled: list[str] = []

    def listen(event: str, *_: Any, **__: Any) -> None:
        compiled.extend([event] if "backend_compile" in event else [])

    replay = Replay(unobserved(kept.target), kept.args, kept.kwargs, name="step")
    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        task = replay.results()
        while not task.step(0.05):
            pass
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)
    assert not compiled
    assert jnp.allclose(task.result[0], x)


def test_it_ends_when_calls_are_no_longer_kept(seen: Seen):
    assert seen.capture is not None

    @jax.jit
    def step(x: jax.Array) -> jax.Array:
        for i in range(60):
            x = jnp.sin(x[: 200 - i]) * i
        return x

    seen.capture.keep_calls(True)
    for _ in range(3):
        step(jnp.ones(200))
    seen.capture.keep_calls(False)
    for thread in _readying_threads():
        thread.join(10)
        assert not thread.is_alive()
