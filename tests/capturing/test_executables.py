"""What XLA says of a compiled program is found again after the call, and never compiled anew."""

import functools
import gc
import weakref
from typing import Any

import equinox
import jax
import jax.numpy as jnp
import pytest

import eqxcore
from eqxviz import capturing
from eqxviz.capturing.executables import GoneError
from eqxviz.records import Executable

from .conftest import Seen
from .recompiles.counting import compiled

JITS = [(jax, "jit"), (eqxcore, "filter_jit"), (equinox, "filter_jit")]
by_each_jit = pytest.mark.parametrize("door", JITS, ids=["jax", "eqxcore", "equinox"])


def executable(seen: Seen, event: int) -> Executable:
    """Ask as a worker does: while the calls of this thread pass unseen."""
    assert seen.capture is not None
    assert seen.capture.observer is not None
    with capturing.muted():
        return seen.capture.observer.compilations.executable(event)


@pytest.mark.parametrize("library", [eqxcore, equinox], ids=["eqxcore", "equinox"])
def test_memory_and_flops_of_a_filtered_step_are_xlas_own(seen: Seen, library: Any):
    @library.filter_jit(donate="all-except-first")
    def step(x, model, scale):
        return jax.vmap(model)(x) * scale, model

    model = library.nn.MLP(4, 4, 16, 2, key=jax.random.key(0))
    x = jnp.ones((8, 4))
    step(x, model, 2.0)
    with compiled() as names:
        found = executable(seen, seen.compiles[-1].id)
    assert names == []
    n_parameters = 4 * 16 + 16 + 16 * 16 + 16 + 16 * 4 + 4
    assert found.argument_bytes == 4 * (n_parameters + 8 * 4)
    assert found.output_bytes >= 4 * (n_parameters + 8 * 4)
    assert found.alias_bytes == 4 * n_parameters
    assert found.flops > 2 * 8 * (4 * 16 + 16 * 16 + 16 * 4)
    assert found.event == seen.compiles[-1].id


@by_each_jit
def test_each_compilation_has_its_own_program(seen: Seen, door: Any):
    @getattr(*door)
    def step(x):
        return x @ x.T

    for n in (4, 8):
        step(jnp.ones((n, n)))
    step(jnp.asarray(2.0).reshape(1, 1))  # of a weak type
    sizes = [executable(seen, event.id).argument_bytes for event in seen.compiles]
    assert sizes == [4 * 4 * 4, 4 * 8 * 8, 4]


@by_each_jit
def test_a_program_tells_whether_it_has_a_loop(seen: Seen, door: Any):
    @getattr(*door)
    def straight(x):
        return x @ x.T

    @getattr(*door)
    def scanned(x):
        return jax.lax.scan(lambda c, row: (jnp.sin(c + row), None), x[0], x)

    for function in (straight, scanned):
        function(jnp.ones((4, 4)))
    found = [executable(seen, event.id).has_loop for event in seen.compiles]
    assert found == [False, True]


@by_each_jit
def test_committed_arrays_keys_and_donated_ones_are_found(seen: Seen, door: Any):
    donate: Any = {"donate_argnums": 0} if door[0] is jax else {"donate": "all"}

    @functools.partial(getattr(*door), **donate)
    def step(x, key):
        return x + jax.random.normal(key, x.shape)

    step(jax.device_put(jnp.ones(6), jax.devices()[0]), jax.random.key(0))
    with compiled() as names:
        found = executable(seen, seen.compiles[-1].id)
    assert "step" not in names
    assert found.output_bytes >= 24


def test_static_arguments_and_methods_are_found(seen: Seen):
    class Trainer:
        @functools.partial(jax.jit, static_argnums=0, static_argnames="power")
        def step(self, x, *, power):
            return x**power

    trainer = Trainer()
    trainer.step(jnp.ones(5), power=3)
    assert executable(seen, seen.compiles[-1].id).argument_bytes == 20


@by_each_jit
def test_a_program_that_jax_has_forgotten_is_not_compiled_anew(seen: Seen, door: Any):
    traced = []

    @getattr(*door)
    def step(x):
        traced.append(x)
        return x * 2

    step(jnp.ones(3))
    traced.clear()
    jax.clear_caches()
    with compiled() as names, pytest.raises(GoneError, match="compiled anew"):
        executable(seen, seen.compiles[-1].id)
    assert (names, traced) == ([], [])
    step(jnp.ones(3))
    assert executable(seen, seen.compiles[-1].id).argument_bytes == 12


def test_a_program_for_other_settings_is_not_compiled_for_these(seen: Seen):
    @jax.jit
    def step(x):
        return x @ x

    with jax.default_matmul_precision("highest"):
        step(jnp.ones((3, 3)))
    with pytest.raises(GoneError, match="other settings"):
        executable(seen, seen.compiles[-1].id)


def test_what_holds_arrays_is_not_kept_alive(seen: Seen):
    class Trainer:
        def __init__(self) -> None:
            self.array = jnp.ones(3)

        @functools.partial(jax.jit, static_argnums=0)
        def step(self, x):
            return x + self.array

    trainer = Trainer()
    trainer.step(jnp.ones(3))
    event = seen.compiles[-1].id
    weight = jnp.ones(3)
    jit = jax.jit(lambda x: x + weight)
    jit(jnp.ones(3))
    gone = seen.compiles[-1].id
    trainer_ref, jit_ref = weakref.ref(trainer), weakref.ref(jit)
    del trainer, jit
    jax.clear_caches()
    gc.collect()
    assert (trainer_ref(), jit_ref()) == (None, None)
    with pytest.raises(GoneError, match="static arguments does not exist"):
        executable(seen, event)
    with pytest.raises(GoneError, match="let go of the jitted function"):
        executable(seen, gone)
    with pytest.raises(GoneError, match="No compilation 99"):
        executable(seen, 99)


def test_under_a_transformation_there_is_no_single_program(seen: Seen):
    @jax.jit
    def loss(x):
        return jnp.sum(x**2)

    jax.grad(loss)(jnp.ones(3))
    with pytest.raises(GoneError, match="transformation"):
        executable(seen, seen.compiles[-1].id)
