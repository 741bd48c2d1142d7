"""Why a call compiled again: what the gallery of recompiles has not, and what must not go wrong."""

import dataclasses
import functools
import gc
import threading
import time
import weakref
from pathlib import Path
from typing import Any, NamedTuple

import equinox
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import eqxcore
from eqxviz.capturing.functions import Origin
from eqxviz.capturing.parameters import call_of
from eqxviz.capturing.signatures import Reader, sharing
from eqxviz.records import CacheUse, CauseKind, CompileEvent, FunctionTotals, JitFlavour

from .conftest import Seen


def causes(seen: Seen) -> list[tuple[str, str, str, str]]:
    """What the latest compilation was caused by."""
    return [(str(c.kind), c.path, c.old, c.new) for c in seen.compiles[-1].causes]


def test_a_call_under_grad_is_told_from_one_by_itself(seen: Seen):
    @jax.jit
    def loss(x):
        return jnp.sum(x**2)

    x = jnp.ones(3)
    loss(x)
    jax.grad(loss)(x)
    assert causes(seen) == [("transformation", "", "none", "grad")]


def test_another_number_of_vmapped_rows_is_another_shape(seen: Seen):
    @jax.jit
    def double(x):
        return x * 2

    jax.vmap(double)(jnp.ones((4, 3)))
    jax.vmap(double)(jnp.ones((5, 3)))
    assert causes(seen) == [("shape", "x", "f32[4,3]", "f32[5,3]")]


def test_values_of_one_hash_are_told_apart(seen: Seen):
    @dataclasses.dataclass(frozen=True)
    class Config:
        n: int

    @functools.partial(jax.jit, static_argnums=1)
    def step(x, config):
        return x * config.n

    for n in (-1, -2):
        step(jnp.ones(3), Config(n))
    assert causes(seen) == [("static value", "config.n", "-1", "-2")]


def test_equal_objects_of_one_look_are_explained(seen: Seen):
    class Config:
        """Compares by identity, and prints its address."""

    @functools.partial(jax.jit, static_argnums=1)
    def step(x, config):
        return x + 1

    for _ in range(3):
        step(jnp.ones(3), Config())
    assert causes(seen) == [("static value", "config", "<Config object>", "<Config object>")]


def test_what_has_no_useful_repr_is_described_in_bounds(seen: Seen):
    class Loud:
        def __init__(self, n):
            self.n = n

        def __repr__(self):
            return "loud " * 10_000 + str(self.n)

    class Broken:
        def __repr__(self):
            raise ValueError("no")

    @eqxcore.filter_jit
    def step(x, a, b):
        return x + 1

    for n in (1, 2):
        step(jnp.ones(3), Loud(n), Broken())
    texts = [text for _, _, old, new in causes(seen) for text in (old, new)]
    assert len(texts) == 4
    assert all(len(text) < 200 for text in texts)
    assert "whose repr fails" in texts[-1]


def test_a_static_value_that_breaks_costs_the_explanation_only():
    seen = Seen()
    with seen.watching():

        class Awkward:
            def __init__(self, n):
                self.n = n

            def __eq__(self, other):
                return self.n == other.n

            def __hash__(self):
                if not calling:
                    raise RuntimeError("not now")
                return self.n

        @functools.partial(jax.jit, static_argnums=1)
        def step(x, a):
            nonlocal calling
            calling = False
            return x * a.n

        calling = True
        step(jnp.ones(3), Awkward(1))
        calling = True
        assert step(jnp.ones(3), Awkward(2))[0] == 2
        assert [len(e.causes) for e in seen.compiles] == [0, 0]
    assert [p.code for p in seen.problems] == ["capture-failed"]


def test_custom_nodes_are_compared_by_what_they_keep_aside(seen: Seen):
    class Grid:
        def __init__(self, values, spacing):
            self.values, self.spacing = values, spacing

    jax.tree_util.register_pytree_with_keys(
        Grid,
        lambda g: (((jax.tree_util.GetAttrKey("values"), g.values),), g.spacing),
        lambda spacing, children: Grid(children[0], spacing),
    )

    @jax.jit
    def step(grid):
        return grid.values * grid.spacing

    step(Grid(jnp.ones(3), 0.1))
    step(Grid(jnp.ones(4), 0.2))
    assert causes(seen) == [
        ("shape", "grid.values", "f32[3]", "f32[4]"),
        ("static field", "grid", "0.1", "0.2"),
    ]


def test_a_mesh_is_a_setting(seen: Seen):
    @jax.jit
    def step(x):
        return x + 1

    step(np.ones(4, np.float32))
    mesh = jax.make_mesh((1,), ("data",))
    with jax.set_mesh(mesh):
        step(np.ones(4, np.float32))
    ((kind, path, _, new),) = causes(seen)
    assert (kind, path) == ("config", "mesh")
    assert "data" in new


def test_signatures_hold_no_arrays_and_no_objects(seen: Seen):
    class Holder:
        def __init__(self):
            self.array = jnp.ones(3)

    @functools.partial(jax.jit, static_argnums=0)
    def step(holder, x):
        return x + holder.array

    @eqxcore.filter_jit
    def filtered(x, holder, function):
        return function(x + holder.array)

    def once():
        holder, x = Holder(), jnp.ones(3)
        function = functools.partial(jnp.add, jnp.ones(3))
        step(holder, x)
        filtered(x, holder, function)
        return [weakref.ref(holder), weakref.ref(holder.array), weakref.ref(x)]

    refs = [*once(), *once()]
    assert [len(e.causes) for e in seen.compiles] == [0, 0, 1, 2]
    jax.clear_caches()
    eqxcore.clear_caches()
    gc.collect()
    assert [ref() for ref in refs] == [None] * 6


def test_threads_that_compile_at_once_are_each_explained():
    seen = Seen()

    def work(step, n, start):
        start.wait()
        for k in range(5):
            size = 3 + 5 * n + k
            step(jnp.ones((size, size))).block_until_ready()

    with seen.watching():

        @jax.jit
        def step(x):
            return jnp.sin(x) @ x

        step(jnp.ones((2, 2)))
        start = threading.Barrier(4)
        threads = [threading.Thread(target=work, args=(step, n, start)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        events = seen.compiles
    assert [problem.code for problem in seen.problems] == ["EQX110"]
    assert len(events) == 21
    assert len({event.id for event in events}) == 21
    for event in events[1:]:
        (cause,) = event.causes
        assert (cause.kind, cause.path) == (CauseKind.SHAPE, "x")
    assert {event.new for e in events[1:] for event in e.causes} == {
        f"f32[{n},{n}]" for n in range(3, 23)
    }


def test_calls_that_compute_asynchronously_stay_so(seen: Seen):
    @jax.jit
    def slow(x):
        return jax.lax.fori_loop(0, 40, lambda _, x: jnp.tanh(x @ x), x)

    x = jnp.ones((400, 400))
    slow(x).block_until_ready()
    start = time.perf_counter()
    y = slow(x)
    returned = time.perf_counter() - start
    y.block_until_ready()
    ready = time.perf_counter() - start
    start = time.perf_counter()
    z = slow(jnp.ones((401, 401)))  # compiles
    was_ready = z.is_ready()
    z.block_until_ready()
    assert returned < ready / 4
    assert not was_ready


def test_what_runs_with_jit_disabled_is_no_compilation(seen: Seen):
    @jax.jit
    def step(x):
        return jnp.sin(x) * 2 + jnp.arctan(x)

    with jax.disable_jit():
        step(jnp.ones(7))
    assert seen.compiles == []


def test_the_persistent_cache_is_told(seen: Seen, tmp_path: Any):
    @jax.jit
    def step(x):
        return jnp.cos(x) + 3

    x = jnp.ones(11)
    step(x)
    names = {
        "jax_compilation_cache_dir": str(tmp_path),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    before = {name: getattr(jax.config, name) for name in names}
    try:
        for name, value in names.items():
            jax.config.update(name, value)
        for _ in range(2):
            jax.clear_caches()
            step(x)
    finally:
        for name, value in before.items():
            jax.config.update(name, value)
    events = seen.compiles
    assert [e.cache for e in events] == [CacheUse.NONE, CacheUse.MISS, CacheUse.HIT]
    assert events[2].cache_load_seconds > 0
    assert events[0].cache_load_seconds == events[1].cache_load_seconds == 0


def test_runs_are_timed_apart_from_compilations(seen: Seen):
    @jax.jit
    def step(x):
        return x + 1

    for n in (3, 3, 3, 4, 3):
        step(jnp.ones(n)).block_until_ready()
    totals = seen.of(FunctionTotals)[-1]
    row = int(np.flatnonzero(totals.calls == 5)[0])
    events: list[CompileEvent] = seen.compiles
    compiling = sum(e.trace_seconds + e.lower_seconds + e.compile_seconds for e in events)
    assert totals.compiles[row] == 2
    assert 0 < totals.first_run_seconds[row] < totals.seconds[row] - 0.9 * compiling
    assert 0 < totals.later_run_median[row] <= 1.02 * totals.later_run_worst[row]
    assert totals.later_run_worst[row] < totals.seconds[row] / 5


def test_a_function_that_was_never_compiled_anew_has_no_causes(seen: Seen):
    @jax.jit
    def step(x):
        return x + 1

    step(jnp.ones(3))
    (event,) = seen.compiles
    assert (event.nearest, event.causes) == (-1, ())


def test_static_values_among_starred_arguments_are_told(seen: Seen):
    @functools.partial(jax.jit, static_argnums=(1, 2))
    def step(x, *options):
        return x * options[0] + options[1]

    step(jnp.ones(3), 2, 5)
    step(jnp.ones(3), 2, 6)
    assert causes(seen) == [("static value", "options[1]", "5", "6")]


def test_a_function_of_numpy_without_a_signature_is_explained(seen: Seen):
    step = jax.jit(jnp.sin)
    step(jnp.ones(3))
    step(jnp.ones(4))
    ((kind, _, old, new),) = causes(seen)
    assert (kind, old, new) == ("shape", "f32[3]", "f32[4]")


def test_a_class_that_is_made_anew_is_another_type(seen: Seen):
    @eqxcore.filter_jit
    def step(model):
        return model.weight + 1

    for _ in range(2):

        class Model(eqxcore.Module):
            weight: jax.Array

        step(Model(jnp.ones(3)))
    assert causes(seen) == [("node type", "model", "Model", "Model")]


def test_what_stays_the_same_is_kept_once():
    class Layer(NamedTuple):
        weight: Any
        bias: Any

    def step(layers):
        return layers

    reader = Reader()
    origin = Origin("file.py", 1, "step")

    def signature(n, m):
        layers = {"first": Layer(jnp.ones(n), jnp.ones(n)), "second": Layer(jnp.ones(m), None)}
        call = call_of(step, JitFlavour.JAX, {}, (layers,), {})
        return reader.signature(call, origin, JitFlavour.JAX)

    one, two = signature(3, 4), signature(3, 5)
    kept = sharing(two, one)
    assert kept == two
    (first, second), (was_first, was_second) = (
        [child for _, child in s.arguments["layers"].entry.children] for s in (kept, one)
    )
    assert first is was_first
    assert second is not was_second
    assert second.children[1][1] is was_second.children[1][1]
    assert kept.settings is one.settings


def test_references_to_arrays_are_arguments_like_arrays(seen: Seen):
    @jax.jit
    def add(ref, x):
        ref[...] += x

    for n in (3, 4):
        add(jax.new_ref(jnp.zeros(n)), jnp.ones(n))
    kinds = {(kind, path) for kind, path, _, _ in causes(seen)}
    assert kinds == {("shape", "ref"), ("shape", "x")}


def test_options_that_say_nothing_are_none(seen: Seen):
    def step(x):
        return x * 2

    jax.jit(step)(jnp.ones(3))
    jax.jit(step, donate_argnums=(), inline=False)(jnp.ones(4))
    assert causes(seen) == [("shape", "x", "f32[3]", "f32[4]")]


def test_a_wrapper_that_a_library_made_is_the_function_itself(seen: Seen):
    for n in (3, 4):
        eqxcore.filter_jit(eqxcore.filter_vmap(lambda x: x + 1))(jnp.ones(n))
    line = _line_of("filter_vmap(")
    made = f"<lambda at test_signatures.py:{line}>"
    assert causes(seen) == [
        ("new function object", "", made, made),
        ("shape", "x", "f32[3]", "f32[4]"),
    ]


def test_a_model_that_is_jitted_itself_is_self(seen: Seen):
    for width in (3, 4):
        layer = eqxcore.nn.Linear(2, width, key=jax.random.key(0))
        eqxcore.filter_jit(layer)(jnp.ones(2))
    paths = {path: (kind, old, new) for kind, path, old, new in causes(seen)}
    assert paths["self.weight"] == ("shape", "f32[3,2]", "f32[4,2]")
    assert paths["self.out_features"] == ("static field", "3", "4")


@pytest.mark.parametrize("library", [eqxcore, equinox], ids=["eqxcore", "equinox"])
def test_a_bound_method_of_a_module_is_told_of_its_module(seen: Seen, library: Any):
    class Model(library.Module):
        weight: jax.Array

        def scaled(self, x, by):
            return self.weight * x * by

    for n in (3, 1):
        library.filter_jit(Model(jnp.ones(n)).scaled)(jnp.ones(3), 2)
    assert causes(seen) == [("shape", "self.weight", "f32[3]", "f32[1]")]


def _line_of(text: str) -> int:
    lines = Path(__file__).read_text().splitlines()
    return next(n for n, line in enumerate(lines, 1) if text in line)
