"""The latest call of the user's is kept, with arguments that live on whatever the call does."""

import warnings
from collections.abc import Callable
from typing import Any

import equinox
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import eqxcore
from eqxviz.capturing import KeptCall
from eqxviz.capturing.jit import unobserved
from eqxviz.capturing.keeping import copies
from eqxviz.records import JitFlavour, Keeping

from .conftest import Seen


@pytest.fixture(params=["jax", "eqxcore", "equinox"])
def jit(request: pytest.FixtureRequest, seen: Seen) -> Callable[..., Any]:
    """How a step is jitted: as long as it is watched, `jax.jit` is another one."""
    return {"jax": jax.jit, "eqxcore": eqxcore.filter_jit, "equinox": equinox.filter_jit}[
        request.param
    ]


@pytest.fixture
def keeping(seen: Seen) -> Seen:
    """Calls are kept."""
    assert seen.capture is not None
    seen.capture.keep_calls(True)
    return seen


def _kept(seen: Seen) -> KeptCall:
    assert seen.capture is not None
    assert seen.capture.observer is not None
    kept = seen.capture.observer.keeper.kept
    assert kept is not None
    return kept


def test_the_latest_call_is_kept_by_reference(jit: Any, keeping: Seen):
    step = jit(lambda params, x: (x.sum(), params + 1))
    params, x = jnp.zeros(3), jnp.ones(2)
    for _ in range(3):
        before = params
        result = step(params, x)
        _, params = result
    kept = _kept(keeping)
    assert kept.call == 3
    assert kept.args[0] is before
    assert kept.args[1] is x
    assert kept.result is result
    assert (kept.n_bytes, kept.n_copied_bytes, kept.why_not) == (20, 0, "")


def test_what_the_script_may_write_into_is_copied(jit: Any, keeping: Seen):
    step = jit(lambda batch: batch["x"] * 2)
    x = np.ones(4, np.float32)
    step({"x": x})
    x[:] = 7
    (batch,) = _kept(keeping).args
    assert batch["x"].tolist() == [1, 1, 1, 1]
    assert _kept(keeping).n_copied_bytes == 16


@pytest.mark.parametrize(
    "options",
    [{"donate_argnums": (0,)}, {"donate_argnums": -2}, {"donate_argnames": "params"}],
    ids=str,
)
def test_what_jit_would_donate_lives_on(keeping: Seen, options: dict[str, Any]):
    @jax.jit(**options)
    def step(params, x):
        return params + x, x.sum()

    params, x = jnp.zeros(3), jnp.ones(3)
    step(params, x)
    kept = _kept(keeping)
    assert not params.is_deleted()
    assert kept.args[0] is params
    assert (kept.n_bytes, kept.n_copied_bytes) == (24, 12)
    assert keeping.calls("step") == 1


def test_what_is_donated_by_its_name_lives_on(keeping: Seen):
    step = jax.jit(lambda x, *, params: params + x, donate_argnames=("params",))
    params = {"b": jnp.zeros(3), "a": jnp.zeros(3)}["b"]
    step(jnp.ones(3), params=params)
    assert not params.is_deleted()
    assert _kept(keeping).kwargs["params"] is params


@pytest.mark.parametrize("library", [eqxcore, equinox], ids=["eqxcore", "equinox"])
@pytest.mark.parametrize(("donate", "n_copied"), [("all", 24), ("all-except-first", 12)])
def test_what_filter_jit_would_donate_lives_on(
    keeping: Seen, library: Any, donate: str, n_copied: int
):
    @library.filter_jit(donate=donate)
    def step(params, x):
        return params + 1, x * 2

    params, x = jnp.zeros(3), jnp.ones(3)
    step(params, x)
    assert not params.is_deleted()
    assert not x.is_deleted()
    assert _kept(keeping).n_copied_bytes == n_copied


def test_nothing_compiles_anew_as_calls_are_kept(jit: Any, seen: Seen):
    options = {"donate_argnums": 0} if jit is jax.jit else {"donate": "all"}
    step = jit(lambda params: (params[0] + 1, params[1] * 2), **options)
    params = (jnp.zeros(3), jnp.asarray(1.0) * 2)
    assert seen.capture is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        params = step(params)
        seen.capture.keep_calls(True)
        for _ in range(2):
            params = step(params)
        seen.capture.keep_calls(False)
        step(params)
    assert len(seen.compiles) == 1


def test_donation_that_nothing_told_of_is_told_afterwards(keeping: Seen):
    inner = unobserved(jax.jit(lambda params: params + 1))

    def step(params):
        result = inner(params)
        params.delete()
        return result

    assert keeping.capture is not None
    observer = keeping.capture.observer
    assert observer is not None
    watched = observer.watch(inner, JitFlavour.JAX)
    watched.donates = True
    observer.call(watched, inner, step, (jnp.zeros(3),), {})
    kept = _kept(keeping)
    assert kept.args == ()
    assert (
        kept.why_not == "`params` was donated to the call and is gone: nothing said so before it."
    )


def test_a_call_that_raises_is_kept_without_a_result(jit: Any, keeping: Seen):
    step = jit(lambda w, x: w @ x)
    with pytest.raises(TypeError, match="dot_general"):
        step(jnp.ones((2, 3)), jnp.ones(4))
    kept = _kept(keeping)
    assert [arg.shape for arg in kept.args] == [(2, 3), (4,)]
    assert (kept.call, kept.result) == (1, None)


def test_what_an_eager_gradient_calls_is_kept_as_it_is(jit: Any, keeping: Seen):
    loss = jit(lambda w, x: (w * x).sum())
    jax.grad(loss)(jnp.ones(3), jnp.ones(3))
    kept = _kept(keeping)
    assert [type(arg).__name__ for arg in kept.args] == ["ArrayImpl", "ArrayImpl"]
    assert float(kept.result) == 3


def test_a_call_within_vmap_cannot_be_kept_and_says_so(jit: Any, keeping: Seen):
    square = jit(lambda x: x * x)
    jax.vmap(square)(jnp.arange(3.0))
    kept = _kept(keeping)
    assert kept.args == ()
    assert kept.why_not.startswith("It was called within jax.vmap")


def test_what_is_kept_is_told_and_let_go(jit: Any, keeping: Seen):
    step = jit(lambda params: params + 1)
    step(jnp.zeros(4))
    assert keeping.capture is not None
    keeping.capture.tell_keeping()
    id = keeping.functions["<lambda>"].id
    assert keeping.of(Keeping)[-1] == Keeping(True, id, 1, 16, 0, "")
    keeping.capture.keep_calls(False)
    assert keeping.of(Keeping)[-1] == Keeping(False)
    assert keeping.capture.observer is not None
    assert keeping.capture.observer.keeper.kept is None
    assert not keeping.gate.attention


def test_arrays_of_several_kinds_are_copied_as_they_are():
    arrays = [
        *(jnp.ones(3), jnp.asarray(2.0) * 1, jnp.arange(3), jnp.ones(2, jnp.bfloat16)),
        *(jax.random.key(3), jax.device_put(jnp.ones(2), jax.devices()[0])),
    ]
    made = copies(arrays)
    for array, copy in zip(arrays, made, strict=True):
        assert copy is not array
        assert (copy.aval, copy.sharding) == (array.aval, array.sharding)
        assert copy.committed == array.committed
    jnp_made = made[0]
    arrays[0].delete()
    assert jnp_made.tolist() == [1, 1, 1]
