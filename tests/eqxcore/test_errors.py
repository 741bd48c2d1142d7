"""Checks of values known only at run time: when they are raised, and what they say."""

import io
import sys
import threading
import traceback
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from jax.errors import JaxRuntimeError

import eqxcore as eqx

X = jnp.arange(3.0, dtype="float32")


def positive(x: Any, msg: str = "not positive", **options: Any) -> Any:
    return eqx.error_if(x, x < 0, msg, **options)


def raised(run: Any) -> eqx.EquinoxRuntimeError:
    with pytest.raises(eqx.EquinoxRuntimeError, match=r"\A") as caught:
        run()
    return caught.value


def test_the_message_comes_first_and_the_line_of_the_check_after():
    @eqx.filter_jit
    def step(x: Any) -> Any:
        y = x - 1
        return positive(y) + 1

    text = str(raised(lambda: step(X)))
    assert text.splitlines()[0] == "not positive"
    assert "in step\n    return positive(y) + 1\n" in text
    assert "in positive\n    return eqx.error_if(x, x < 0, msg" in text
    assert text.index("in step") < text.index("in positive")
    assert "EQX_ON_ERROR=breakpoint" in text


def test_no_line_of_jax_or_of_the_package_is_shown():
    step = eqx.filter_jit(jax.vmap(lambda x: jax.lax.cond(True, positive, lambda x: x, x - 1)))
    error = raised(lambda: step(X))
    shown = "".join(traceback.format_exception(error))
    assert "site-packages" not in shown
    assert "eqxcore/_" not in shown
    assert "Xla" not in shown
    assert len(shown.splitlines()) < 40


def test_the_traceback_ends_at_the_call():
    step = eqx.filter_jit(lambda x: positive(x - 1))

    def train() -> Any:
        return step(X)

    frames = traceback.extract_tb(raised(train).__traceback__)
    assert (frames[-1].name, frames[-1].line) == ("train", "return step(X)")


def test_equal_checks_at_two_places_are_told_apart():
    first = eqx.filter_jit(lambda x: positive(x - 1, "first"))
    second = eqx.filter_jit(lambda x: positive(x - 1, "second"))
    for function, name in ((first, "first"), (second, "second"), (first, "first")):
        assert f'positive(x - 1, "{name}")' in str(raised(lambda function=function: function(X)))


def test_calls_between_nested_functions_are_shown():
    inner = eqx.filter_jit(positive)

    def between(x: Any) -> Any:
        return inner(x - 1)

    text = str(raised(lambda: eqx.filter_jit(between)(X)))
    assert "in between\n    return inner(x - 1)" in text
    assert text.index("in between") < text.index("in positive")


@pytest.mark.parametrize(
    "msg",
    ["", "two\nlines", "100 % {x} \\n", "größer als ω", "EquinoxRuntimeError: twice", "é" * 5000],
)
def test_any_message_arrives_whole(msg: str):
    step = eqx.filter_jit(lambda x: eqx.error_if(x, x < 1, msg))
    assert str(raised(lambda: step(X))).startswith(f"{msg}\n\nThe check is here")


def test_a_function_goes_on_after_a_failure():
    step = eqx.filter_jit(positive)
    assert step(X).tolist() == [0, 1, 2]
    for _ in range(2):
        raised(lambda: step(X - 1))
    assert step(X).tolist() == [0, 1, 2]


def test_functions_that_return_more_than_arrays_are_checked():
    step = eqx.filter_jit(lambda x: (positive(x), "text", 2))
    assert step(X)[1:] == ("text", 2)
    raised(lambda: step(X - 1))


def test_donating_functions_are_checked():
    step = eqx.filter_jit(lambda x: positive(x) * 2, donate="all")
    assert step(jnp.ones(3)).tolist() == [2, 2, 2]
    raised(lambda: step(-jnp.ones(3)))


def test_functions_compiled_ahead_of_time_are_checked():
    compiled = eqx.filter_jit(positive).lower(X).compile()
    assert compiled(X).tolist() == [0, 1, 2]

    def train() -> Any:
        return compiled(X - 1)

    error = raised(train)
    assert str(error).startswith("not positive")
    assert traceback.extract_tb(error.__traceback__)[-1].name == "train"


def test_methods_and_models_are_checked():
    class Model(eqx.Module):
        weight: Any

        @eqx.filter_jit
        def __call__(self, x: Any) -> Any:
            return positive(self.weight * x)

    model = Model(jnp.array(1.0))
    assert model(X).tolist() == [0, 1, 2]
    raised(lambda: model(-X))


def test_a_check_that_only_some_shapes_have_is_made_for_those():
    @eqx.filter_jit
    def step(x: Any) -> Any:
        return positive(x) if len(x) > 2 else x

    assert step(-jnp.ones(2)).tolist() == [-1, -1]
    raised(lambda: step(-jnp.ones(3)))
    assert step(-jnp.ones(2)).tolist() == [-1, -1]


def test_arrays_known_to_be_nan_are_checked():
    # The compiler must not see that it makes no difference to the values.
    @eqx.filter_jit
    def step(x: Any) -> Any:
        return eqx.error_if(jnp.full(3, jnp.nan), x > 1, "known")

    assert str(raised(lambda: step(X))).startswith("known")


@pytest.mark.parametrize("dtype", ["bfloat16", "float8_e4m3fn", "float16", "int4", "uint8", "bool"])
def test_arrays_of_any_type_are_checked(dtype: str):
    step = eqx.filter_jit(lambda x, pred: eqx.error_if(x, pred, "m"))
    x = jnp.ones(2, dtype)
    assert step(x, jnp.array(False)).dtype == x.dtype
    raised(lambda: step(x, jnp.array(True)))


def test_keys_are_checked():
    step = eqx.filter_jit(lambda key, pred, mode: eqx.error_if(key, pred, "m", on_error=mode))
    key = jax.random.key(0)
    assert step(key, jnp.array(False), "raise") == key
    raised(lambda: step(key, jnp.array(True), "raise"))
    assert step(key, jnp.array(True), "nan") != key


def test_several_threads_get_their_own_errors():
    seen = {}

    def work(name: str) -> None:
        step = eqx.filter_jit(lambda x: positive(x - 1, name))
        try:
            step(X)
        except eqx.EquinoxRuntimeError as error:
            seen[name] = str(error).splitlines()[0]

    threads = [threading.Thread(target=work, args=(f"thread {i}",)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {f"thread {i}": f"thread {i}" for i in range(3)}


def test_checks_on_several_devices():
    mesh = jax.make_mesh((1,), ("i",), axis_types=(jax.sharding.AxisType.Auto,))
    spec = jax.sharding.PartitionSpec("i")

    @eqx.filter_jit
    def step(x: Any) -> Any:
        return jax.shard_map(positive, mesh=mesh, in_specs=spec, out_specs=spec, check_vma=False)(x)

    assert step(X).tolist() == [0, 1, 2]
    raised(lambda: step(X - 1))


def test_outside_of_compiled_functions_the_error_is_raised_at_once():
    with pytest.raises(eqx.EquinoxRuntimeError, match=r"\Anot positive\n\nSet the environment"):
        positive(X - 1)
    with pytest.raises(eqx.EquinoxTracetimeError, match=r"\Am\Z"):
        eqx.error_if(X, True, "m")


def test_both_errors_are_runtime_errors_of_the_package():
    for error in (eqx.EquinoxRuntimeError, eqx.EquinoxTracetimeError):
        assert issubclass(error, RuntimeError)
        assert error.__module__ == "eqxcore"


def test_plain_jit_raises_what_jax_raises_with_the_message_in_it(caplog: pytest.LogCaptureFixture):
    with pytest.raises(JaxRuntimeError, match="EquinoxRuntimeError: not positive") as caught:
        jax.block_until_ready(jax.jit(lambda x: positive(x - 1))(X))
    assert "jax.jit(lambda x: positive(x - 1))" in str(caught.value)
    assert "Compiled by `filter_jit`" in str(caught.value)
    assert caplog.records == []


def test_what_a_callback_of_the_user_raises_is_left_alone():
    def fail(_: Any) -> Any:
        raise KeyError("mine")

    step = eqx.filter_jit(lambda x: jax.pure_callback(fail, x, x))
    with pytest.raises(JaxRuntimeError, match="KeyError: 'mine'"):
        step(X)


@pytest.mark.parametrize("callback", ["debug", "io", "pure"])
def test_a_call_waits_for_callbacks(callback: str):
    seen = []

    def note(x: Any) -> Any:
        seen.append(float(x.sum()))
        return x

    @eqx.filter_jit
    def step(x: Any) -> Any:
        if callback == "debug":
            jax.debug.callback(note, x)
            return None
        if callback == "io":
            return jax.experimental.io_callback(note, x, x)
        return jax.pure_callback(note, x, x)

    step(X)
    assert seen == [3.0]
    step(X)
    assert seen == [3.0, 3.0]


def test_functions_without_callbacks_are_not_waited_for():
    step = eqx.filter_jit(lambda x: jnp.sin(x))
    step(X)
    assert [each.waits for each in step.cache.recent[2].compiled.values()] == [False]
    checked = eqx.filter_jit(lambda x: jax.jit(positive)(x))
    checked(X)
    assert [each.waits for each in checked.cache.recent[2].compiled.values()] == [True]


def test_looking_for_callbacks_traces_nothing_again():
    traces = []

    @eqx.filter_jit
    def step(x: Any) -> Any:
        traces.append(None)
        return positive(x)

    step(X)
    step(X)
    assert len(traces) == 1


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The breakpoints that were opened, instead of a debugger."""
    seen: list[dict[str, Any]] = []

    def fake(*, token: Any, **options: Any) -> Any:
        def note(token: Any) -> Any:
            seen.append(options)
            return token

        return jax.pure_callback(note, token, token)

    monkeypatch.setattr(jax.debug, "breakpoint", fake)
    return seen


def test_on_error_breakpoint_opens_the_debugger_and_goes_on_with_nan(opened, capsys):
    step = eqx.filter_jit(lambda x: positive(x, on_error="breakpoint"))
    assert step(X).tolist() == [0, 1, 2]
    assert opened == []
    assert jnp.isnan(step(X - 1)).all()
    assert opened == [{"num_frames": 1}]
    assert capsys.readouterr().out.startswith("not positive\n")


def test_outside_of_compiled_functions_too(opened):
    assert jnp.isnan(positive(X - 1, on_error="breakpoint")).all()
    assert opened == [{"num_frames": 1}]


def test_the_environment_chooses_the_breakpoint_and_its_frames(monkeypatch, opened):
    monkeypatch.setenv("EQX_ON_ERROR", "breakpoint")
    monkeypatch.setenv("EQX_ON_ERROR_BREAKPOINT_FRAMES", "4")
    eqx.filter_jit(jax.vmap(positive))(X - 1)
    assert opened == [{"num_frames": 4}]


@pytest.mark.parametrize("frames", [1, 3])
def test_the_debugger_shows_the_frames_of_the_user(monkeypatch, capsys, frames: int):
    monkeypatch.setenv("EQX_ON_ERROR_BREAKPOINT_FRAMES", str(frames))
    monkeypatch.setattr(sys, "stdin", io.StringIO("p local\nbt\nc\n"))

    def user(x: Any) -> Any:
        local = x * 3
        return eqx.error_if(local, x > 1, "look", on_error="breakpoint")

    eqx.filter_jit(user)(X)
    out = capsys.readouterr().out
    assert "Array([0., 3., 6.], dtype=float32)" in out
    assert 'on_error="breakpoint")' in out
    assert "eqxcore/_" not in out
    assert ("eqx.filter_jit(user)(X)" in out) is (frames > 1)


def test_a_predicate_known_while_tracing_opens_the_debugger_of_python(monkeypatch, capsys):
    calls = []
    monkeypatch.setattr(sys, "breakpointhook", lambda: calls.append(None))
    step = eqx.filter_jit(lambda x: eqx.error_if(x, True, "known", on_error="breakpoint"))
    assert jnp.isnan(step(X)).all()
    assert len(calls) == 1
    assert capsys.readouterr().out == "known\n"


def test_the_environment_is_read_when_a_function_is_traced(monkeypatch):
    step = eqx.filter_jit(lambda x: positive(x))
    monkeypatch.setenv("EQX_ON_ERROR", "nan")
    assert jnp.isnan(step(X - 1)).all()
    monkeypatch.setenv("EQX_ON_ERROR", "off")
    assert jnp.isnan(step(X - 1)).all()
    assert step(X[:2] - 1).tolist() == [-1, 0]
    raised(lambda: positive(X - 1, on_error="raise"))


def test_going_on_with_nan_where_it_is_known_names_the_caller():
    with pytest.warns(UserWarning, match="known already: m") as caught:
        out = eqx.error_if(X, True, "m", on_error="nan")
    assert caught[0].filename == __file__
    assert jnp.isnan(out).all()


def test_turned_off_nothing_is_left_of_a_check():
    jaxpr = jax.make_jaxpr(lambda x: positive(x, on_error="off"))(X)
    assert [equation.primitive.name for equation in jaxpr.eqns] == ["lt"]


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("EQX_ON_ERROR", "NAN", "'raise', 'breakpoint', 'nan', 'off'"),
        ("EQX_ON_ERROR_BREAKPOINT_FRAMES", "many", "whole number"),
    ],
)
def test_a_wrong_environment_is_named(monkeypatch, name: str, value: str, rule: str):
    monkeypatch.setenv("EQX_ON_ERROR", "breakpoint")
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=f"{name} is '{value}'.*{rule}"):
        positive(X - 1)


def test_wrong_arguments_are_named():
    with pytest.raises(TypeError, match=r"`pred` must be a boolean.*'text', of type `str`"):
        eqx.error_if(X, "text", "m")
    with pytest.raises(TypeError, match=r"`index` must be an integer.*1\.5, of type `float`"):
        eqx.branched_error_if(X, X > 1, 1.5, ["m"])
    with pytest.raises(ValueError, match="`x` has no array in it"):
        eqx.error_if(("text", 1), X > 1, "m")
    with pytest.raises(RuntimeError, match=r"`on_error='zzz'` is unknown.*'nan'"):
        eqx.error_if(X, X > 1, "m", on_error="zzz")  # pyright: ignore[reportArgumentType]
    with pytest.raises(IndexError, match="number 5, but `branched_error_if` was given 2"):
        eqx.branched_error_if(X, True, 5, ["a", "b"])


def test_an_index_out_of_range_is_told_where_the_check_is():
    step = eqx.filter_jit(lambda x, i: eqx.branched_error_if(x, x > 1, i, ["a", "b"]))
    assert "number 5, but `branched_error_if` was given 2" in str(
        raised(lambda: step(X, jnp.array(5)))
    )
