"""`filter_jit`: what is traced, what is static, results, methods, errors, nesting."""

import copy
import functools
import inspect
import threading
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import jax.tree_util as jtu
import numpy as np
import pytest

import eqxcore


def counting(function):
    """Return `function` and a list that grows when its body is run."""
    runs = []

    @functools.wraps(function)
    def counted(*args, **kwargs):
        runs.append(1)
        return function(*args, **kwargs)

    return counted, runs


class Unhashable:
    __hash__ = None  # pyright: ignore[reportAssignmentType] - the point of it

    def __repr__(self):
        return "Unhashable()"


def test_arrays_are_traced_and_the_rest_is_static(eqx):
    kinds = []

    @eqx.filter_jit
    def f(tree):
        kinds[:] = [isinstance(leaf, jax.core.Tracer) for leaf in jtu.tree_leaves(tree)]
        return tree

    key = jr.key(0)
    traced = [jnp.ones(2), np.ones(2), np.float32(1), key, jnp.array(1), np.array(True)]
    static = [1, True, 1.0, 1j, "a", jnp.sin, object, jnp.float32, slice, None, range(2)]
    f(traced)
    assert kinds == [True] * 6
    f(static)
    assert kinds == [False] * 10


def test_results_may_hold_anything(eqx):
    class M(eqx.Module):
        x: Any
        n: int = eqx.field(static=True, default=3)

    out = eqx.filter_jit(lambda x: (x + 1, 1, "a", None, [2.0, x], M(x), jnp.sin, np.ones(2)))(
        jnp.array(1)
    )
    assert out[0] == 2
    assert out[1:4] == (1, "a", None)
    assert out[4][0] == 2.0
    assert type(out[4][0]) is float
    assert (out[5].x, out[5].n, out[6]) == (1, 3, jnp.sin)
    assert isinstance(out[7], jax.Array)


def test_static_results_follow_the_shapes_of_the_arguments(eqx):
    f = eqx.filter_jit(lambda x: (x.sum(), x.shape[0], "a" * x.shape[0]))
    for n in (2, 3, 2, 3):
        total, size, text = f(jnp.ones(n))
        assert (total, size, text) == (n, n, "a" * n)


def test_structure_of_results_follows_the_arguments(eqx):
    f = eqx.filter_jit(lambda x, n: [x] * n if x.ndim else {"scalar": x})
    assert len(f(jnp.ones(2), 3)) == 3
    assert len(f(jnp.ones(2), 1)) == 1
    assert list(f(jnp.array(1.0), 2)) == ["scalar"]


def test_a_second_call_does_not_trace_again(eqx):
    function, runs = counting(lambda m, x: m["f"](x) * m["n"])
    f = eqx.filter_jit(function)
    for x in (1.0, 2.0, 3.0):
        f({"f": jnp.sin, "n": 2, "w": jnp.ones(2)}, jnp.array(x))
    assert len(runs) == 1
    f({"f": jnp.cos, "n": 2, "w": jnp.ones(2)}, jnp.array(1.0))
    f({"f": jnp.cos, "n": 3, "w": jnp.ones(2)}, jnp.array(1.0))
    f({"f": jnp.cos, "n": 3, "w": jnp.ones(3)}, jnp.array(1.0))
    assert len(runs) == 4


def test_jax_and_numpy_arrays_share_a_trace(eqx):
    function, runs = counting(lambda x: 2 * x)
    f = eqx.filter_jit(function)
    for x in (np.ones(2, np.float32), jnp.ones(2), np.ones(2, np.float32)):
        assert f(x).tolist() == [2.0, 2.0]
    assert len(runs) == 1


def test_arguments_by_name_and_by_position_share_a_trace(eqx):
    function, runs = counting(lambda x, y=3: x)
    f = eqx.filter_jit(function)
    x = jnp.ones(2)
    for call in (
        lambda: f(x, 3),
        lambda: f(x, y=3),
        lambda: f(x=x, y=3),
        lambda: f(y=3, x=x),
    ):
        assert call() is not None
    assert len(runs) == 1


def test_variadic_and_keyword_only_arguments(eqx):
    @eqx.filter_jit
    def f(a, *rest, k, **named):
        return a + sum(rest) + k, sorted(named)

    value, names = f(jnp.array(1), 2, jnp.array(3), k=4, z=5, b=6)
    assert (value, names) == (10, ["b", "z"])
    value, names = f(jnp.array(1), k=jnp.array(4))
    assert (value, names) == (5, [])


def test_wrong_arguments_raise_type_errors(eqx):
    f = eqx.filter_jit(lambda x, *, y=3: x)
    for call in (lambda: f(1, 2), lambda: f(1, z=2), lambda: f(), lambda: f(1, x=2)):
        with pytest.raises(TypeError, match="argument"):
            call()


def test_the_function_may_be_a_model(eqx):
    class M(eqx.Module):
        w: Any
        runs: list = eqx.field(static=True)

        def __call__(self, x):
            self.runs.append(isinstance(self.w, jax.core.Tracer))
            return self.w * x

        def method(self, x):
            self.runs.append(isinstance(self.w, jax.core.Tracer))
            return self.w + x

    runs = []
    model = M(jnp.array(2.0), runs)
    assert eqx.filter_jit(model)(jnp.array(3.0)) == 6.0
    assert eqx.filter_jit(model.method)(jnp.array(3.0)) == 5.0
    assert eqx.filter_jit(model.__call__)(jnp.array(3.0)) == 6.0
    assert runs[:2] == [True, True]


@pytest.mark.parametrize(
    "make",
    [
        lambda eqx: functools.partial(jnp.add, 1),
        lambda eqx: eqx.Partial(jnp.add, jnp.array(1.0)),
        lambda eqx: jax.jit(lambda x: x + 1),
        lambda eqx: jax.vmap(lambda x: x + 1),
        lambda eqx: eqx.filter_jit(lambda x: x + 1),
    ],
)
def test_any_callable_can_be_jitted(eqx, make):
    assert eqx.filter_jit(make(eqx))(jnp.ones(2)).tolist() == [2.0, 2.0]


def test_classes_and_builtins_can_be_jitted():
    class M(eqxcore.Module):
        x: Any

    assert eqxcore.filter_jit(M)(jnp.array(1.0)).x == 1.0
    assert eqxcore.filter_jit(max)(1, 2) == 2


def test_what_cannot_be_called_is_refused(eqx):
    with pytest.raises(TypeError, match="3 is not a callable object"):
        eqx.filter_jit(3)


@pytest.mark.parametrize("name", ["static_argnums", "donate_argnums", "in_shardings"])
def test_arguments_of_jit_that_filter_jit_decides_are_refused(eqx, name):
    with pytest.raises(ValueError, match=f"`jitkwargs` cannot contain.*'{name}'"):
        eqx.filter_jit(lambda x: x, **{name: None})


def test_other_arguments_of_jit_are_passed_on(eqx):
    assert eqx.filter_jit(lambda x: x + 1, inline=True)(jnp.array(1)) == 2
    with pytest.raises(TypeError, match="unexpected keyword argument 'foo'"):
        eqx.filter_jit(lambda x: x, foo=1)


def test_it_can_be_used_as_a_decorator_factory(eqx):
    @eqx.filter_jit(donate="none")
    def f(x):
        """Documented."""
        return x + 1

    assert f(jnp.array(1)) == 2
    assert (f.__name__, f.__doc__, f.__module__) == ("f", "Documented.", __name__)
    assert f.__wrapped__(1) == 2
    assert str(inspect.signature(f)) == "(x)"


def test_static_leaves_that_cannot_be_hashed_raise(eqx):
    f = eqx.filter_jit(lambda x, y: y)
    for bad in (Unhashable(), {1}, bytearray(b"x")):
        with pytest.raises(ValueError, match="Non-hashable static arguments are not supported"):
            f(bad, jnp.array(1))
        # and again, since what was learnt of the first call must not change the second
        with pytest.raises(ValueError, match="Non-hashable static arguments are not supported"):
            f(bad, jnp.array(1))
    assert f(1, jnp.array(1)) == 1


def test_the_error_names_the_path_the_value_and_the_fix():
    class M(eqxcore.Module):
        layers: Any

    f = eqxcore.filter_jit(lambda model, *, key: key)
    with pytest.raises(ValueError, match=r"`model\.layers\[1\]` is Unhashable\(\).*Make it"):
        f(M([1, Unhashable()]), key=1)
    with pytest.raises(ValueError, match=r"`key` is Unhashable\(\)"):
        f(1, key=Unhashable())


def test_unhashable_static_fields_and_results_are_allowed(eqx):
    class M(eqx.Module):
        n: Any = eqx.field(static=True)

    f = eqx.filter_jit(lambda m: m.n)
    assert f(M([1])) == [1]
    assert f(M({1: 2})) == {1: 2}
    assert isinstance(eqx.filter_jit(lambda x: Unhashable())(jnp.array(1)), Unhashable)


def test_it_nests_in_the_transformations_of_jax(eqx):
    f = eqx.filter_jit(lambda x: (x * x).sum())
    x = jnp.arange(3.0)
    assert jax.grad(f)(x).tolist() == [0.0, 2.0, 4.0]
    assert jax.vmap(f)(x).tolist() == [0.0, 1.0, 4.0]
    assert jax.jit(f)(x) == 5.0
    assert eqx.filter_jit(f)(x) == 5.0
    assert jax.jvp(f, (x,), (x,))[1] == 10.0
    assert jax.vmap(jax.grad(f))(x[:, None])[:, 0].tolist() == [0.0, 2.0, 4.0]
    assert jax.lax.scan(lambda c, v: (c, f(v[None])), 0.0, x)[1].tolist() == [0.0, 1.0, 4.0]


def test_static_results_pass_through_outer_transformations(eqx):
    f = eqx.filter_jit(lambda x: (2 * x, "static", x.ndim))

    def outer(x):
        doubled, text, ndim = f(x)
        assert (text, ndim) == ("static", 0)
        return doubled

    assert jax.vmap(outer)(jnp.arange(2.0)).tolist() == [0.0, 2.0]
    assert jax.grad(outer)(1.0) == 2.0
    assert jax.jit(outer)(1.0) == 2.0


def test_changing_the_configuration_traces_anew(eqx):
    function, runs = counting(lambda x: x + 1)
    f = eqx.filter_jit(function)
    x = np.ones(2)
    assert f(x).dtype == jnp.float32
    with jax.enable_x64(True):
        assert f(x).dtype == jnp.float64
    assert f(x).dtype == jnp.float32
    assert len(runs) == 2


def test_weak_types_are_told_apart(eqx):
    f = eqx.filter_jit(lambda x: (x, x.weak_type))
    for x, weak in ((jnp.asarray(1.0), True), (jnp.ones(()), False), (jnp.asarray(1.0), True)):
        out, was_weak = f(x)
        assert out.weak_type is was_weak is weak


def test_jit_can_be_disabled(eqx):
    function, runs = counting(lambda x, n: (x + n, "a"))
    f = eqx.filter_jit(function)
    with jax.disable_jit():
        assert f(jnp.array(1), 2) == (3, "a")
        assert f(jnp.array(1), 2) == (3, "a")
    assert len(runs) == 2


def test_leaked_tracers_are_found(eqx):
    leaked = []

    def function(x):
        leaked.append(x)
        return x

    f = eqx.filter_jit(function)
    clean = eqx.filter_jit(lambda x: (x, "static"))
    with jax.checking_leaks():
        assert clean(jnp.ones(5))[1] == "static"
        with pytest.raises(Exception, match="Leaked trace"):
            f(jnp.ones(5))


def test_nans_are_found(eqx):
    f = eqx.filter_jit(lambda x: (jnp.log(x), "static"))
    with jax.debug_nans(True), pytest.raises(FloatingPointError, match="nan"):
        f(jnp.array(-1.0))


def test_errors_of_the_function_reach_the_caller_and_do_not_stick(eqx):
    fail = [True]

    @eqx.filter_jit
    def f(x):
        if fail[0]:
            raise RuntimeError("on purpose")
        return x

    for _ in range(2):
        with pytest.raises(RuntimeError, match="on purpose"):
            f(jnp.array(1))
    fail[0] = False
    assert f(jnp.array(1)) == 1


def test_wrappers_are_equal_if_function_and_options_are(eqx):
    def f(x):
        return x

    assert eqx.filter_jit(f) == eqx.filter_jit(f)
    assert eqx.filter_jit(f) != eqx.filter_jit(f, donate="all")
    assert eqx.filter_jit(f) != eqx.filter_jit(lambda x: x)


def test_a_jitted_model_inside_a_model_is_trained_without_recompiling(eqx):
    function, runs = counting(lambda w, x: w * x)

    class Inner(eqx.Module):
        w: Any

        def __call__(self, x):
            return function(self.w, x)

    class M(eqx.Module):
        f: Any

    model = M(eqx.filter_jit(Inner(jnp.array(2.0))))
    for _ in range(3):
        model = jtu.tree_map(lambda leaf: leaf + 1 if eqx.is_array(leaf) else leaf, model)
        model.f(jnp.array(1.0))
    assert model.f(jnp.array(1.0)) == 5.0
    assert len(runs) == 1
    assert eqx.filter_grad(lambda m: m.f(jnp.array(3.0)))(model) is not None


def _add(a, b):
    return a + b


def test_a_jitted_model_can_be_copied():
    model = eqxcore.filter_jit(eqxcore.Partial(_add, jnp.array(1.0)))
    again = copy.deepcopy(model)
    assert again == model
    assert again(jnp.array(2.0)) == 3.0


def test_calls_do_not_wait_for_the_result():
    f = eqxcore.filter_jit(lambda x: (jax.lax.fori_loop(0, 300, lambda _, a: a @ a / 64, x), "s"))
    x = jnp.ones((64, 64))
    jax.block_until_ready(f(x)[0])
    out = f(x)[0]
    # Asking at once must find it unfinished, at least now and then.
    assert any(not f(x)[0].is_ready() for _ in range(20)) or not out.is_ready()


def test_threads_share_one_function():
    function, runs = counting(lambda x, n: x * n)
    f = eqxcore.filter_jit(function)
    results: list[bool] = []

    def work():
        results.extend(f(jnp.array(3), n) == 3 * n for n in range(5) for _ in range(10))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 200
    assert all(results)
    f(jnp.array(1), 0)
    assert len(runs) <= 20


def test_committed_arrays_of_other_devices_are_followed():
    device = jax.devices()[-1]
    out, _ = eqxcore.filter_jit(lambda x: (x, 1))(jax.device_put(jnp.ones(2), device))
    assert out.devices() == {device}


def test_jax_reports_compilations_under_the_name_of_the_function():
    def my_step(x):
        return x + 1

    assert "my_step" in eqxcore.filter_jit(my_step).lower(jnp.ones(2)).as_text()


def test_errors_about_values_name_the_array_as_the_user_would():
    class M(eqxcore.Module):
        layers: Any

    def my_step(model, x, *, scale=1.0):
        return x if model.layers[0]["w"] > 0 else scale

    wanted = "function my_step at .*test_jit"
    with pytest.raises(jax.errors.TracerBoolConversionError, match=wanted) as caught:
        eqxcore.filter_jit(my_step)(M([{"w": jnp.array(1.0)}]), jnp.array(2.0))
    assert caught.value.__notes__[-2] == "Here `arrays[0]` is `model.layers[0]['w']`."


def test_names_of_variadic_and_named_arrays_in_errors():
    @eqxcore.filter_jit(donate="all-except-first")
    def f(first, *rest, named):
        return bool(rest[1]["k"]) or named

    with pytest.raises(jax.errors.TracerBoolConversionError) as caught:
        f(jnp.array(1), 2, {"k": jnp.array(3)}, named=jnp.array(4))
    assert caught.value.__notes__[-2] == "Here `donated[0]` is `args[2]['k']`."

    @eqxcore.filter_jit
    def g(*, named):
        return int(named)

    with pytest.raises(jax.errors.ConcretizationTypeError) as caught:
        g(named=jnp.array(4))
    assert caught.value.__notes__[-2] == "Here `arrays[0]` is `named`."
