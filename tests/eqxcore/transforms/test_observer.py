"""Observing the calls of jitted functions."""

import threading
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import eqxcore
from eqxcore._transforms import set_jit_observer


class Recorder:
    """Notes each observed call, and carries it out."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = []

    def __call__(self, wrapper: Any, args: Any, kwargs: Any, call: Any) -> Any:
        self.calls.append((wrapper, args, kwargs))
        return call(*args, **kwargs)

    @property
    def names(self) -> list[str]:
        return [wrapper.__name__ for wrapper, _, _ in self.calls]


@pytest.fixture
def recorder():
    recorder = Recorder()
    set_jit_observer(recorder)
    yield recorder
    set_jit_observer(None)


@eqxcore.filter_jit
def inner(x):
    return x + 1


@eqxcore.filter_jit
def outer(x, *, n=1):
    return inner(x) * n


def test_an_outermost_call_is_observed_with_its_arguments(recorder):
    x = jnp.array(1)
    assert outer(x, n=2) == 4
    [(wrapper, args, kwargs)] = recorder.calls
    assert wrapper is outer
    assert wrapper.__wrapped__.__name__ == "outer"
    assert args[0] is x
    assert kwargs == {"n": 2}


def test_every_call_is_observed_also_when_cached(recorder):
    for _ in range(3):
        inner(jnp.array(1))
    assert recorder.names == ["inner"] * 3


def test_calls_that_a_compilation_traces_are_not_observed(recorder):
    def fresh(x):
        return inner(x).sum()

    x = jnp.ones(2)
    jax.jit(fresh)(x)
    jax.jit(jax.grad(fresh))(x)
    jax.eval_shape(fresh, x)
    assert recorder.names == []


def test_calls_within_a_gradient_or_a_map_are_observed(recorder):
    x = jnp.ones(2)
    jax.grad(lambda x: inner(x).sum())(x)
    jax.vmap(inner)(x)
    assert recorder.names == ["inner", "inner"]


def test_the_observer_decides_what_is_returned_and_with_what_is_called():
    set_jit_observer(lambda wrapper, args, kwargs, call: ("seen", call(args[0] + 10)))
    try:
        assert inner(jnp.array(1)) == ("seen", 12)
    finally:
        set_jit_observer(None)
    assert inner(jnp.array(1)) == 2


def test_calls_from_the_observer_itself_are_not_observed():
    depth = []

    def observer(wrapper, args, kwargs, call):
        depth.append(len(depth))
        assert inner(jnp.array(5)) == 6
        return call(*args, **kwargs)

    set_jit_observer(observer)
    try:
        assert outer(jnp.array(1)) == 2
    finally:
        set_jit_observer(None)
    assert depth == [0]


def test_methods_are_observed_with_the_module_first(recorder):
    class M(eqxcore.Module):
        w: Any

        @eqxcore.filter_jit
        def f(self, x):
            return self.w * x

    model = M(jnp.array(2.0))
    assert model.f(3.0) == 6.0
    [(_, args, _)] = recorder.calls
    assert args[0] is model


def test_an_error_ends_the_observation(recorder):
    @eqxcore.filter_jit
    def fails(x):
        raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        fails(jnp.array(1))
    inner(jnp.array(1))
    assert recorder.names == ["fails", "inner"]


def test_threads_are_observed_each_for_itself(recorder):
    started, go_on = threading.Event(), threading.Event()

    def observer(wrapper, args, kwargs, call):
        if wrapper is outer:
            started.set()
            assert go_on.wait(10)
        return recorder(wrapper, args, kwargs, call)

    set_jit_observer(observer)
    thread = threading.Thread(target=outer, args=(jnp.array(1),))
    thread.start()
    assert started.wait(10)
    inner(jnp.array(1))
    assert recorder.names == ["inner"]
    go_on.set()
    thread.join()
    assert recorder.names == ["inner", "outer"]


def test_the_observed_function_can_be_lowered(recorder):
    assert "stablehlo" in inner.lower(jnp.ones(2)).as_text()
    assert recorder.names == []
