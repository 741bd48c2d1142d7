"""Every form in which users jit a function is seen, and behaves as it does without us."""

import copy
import functools
import inspect
import pickle
import threading
import traceback
import weakref
from pathlib import Path
from typing import Any, NamedTuple

import equinox
import jax
import jax.numpy as jnp
import optax
import pytest

import eqxcore
import eqxviz
from eqxviz.records import JitFlavour

from .conftest import Seen

OURS = str(Path(eqxviz.__file__).parent)


def test_a_decorated_function_is_seen(seen: Seen):
    @jax.jit
    def square(x):
        return jnp.sum(x**2)

    total = square(jnp.arange(3.0))
    assert total == 5.0
    assert seen.curves == {"total": [5.0]}
    function = seen.functions["square"]
    assert (function.file, function.flavour, function.is_user) == (__file__, JitFlavour.JAX, True)


def test_a_jitted_partial_and_a_lambda_are_seen(seen: Seen):
    def scale(factor, x):
        return factor * x

    double = jax.jit(functools.partial(scale, 2.0))
    half = jax.jit(lambda x: x / 2)
    doubled = double(3.0)
    halved = half(3.0)
    assert (doubled, halved) == (6.0, 1.5)
    assert seen.curves == {"doubled": [6.0], "halved": [1.5]}
    assert seen.functions["scale"].line == scale.__code__.co_firstlineno


def test_partial_of_jit_with_options_is_seen(seen: Seen):
    @functools.partial(jax.jit, static_argnums=1, static_argnames="power")
    def raised(x, power):
        return x**power

    cube = raised(2.0, 3)
    assert cube == 8.0
    assert seen.curves == {"cube": [8.0]}


def test_the_decorator_factory_is_seen(seen: Seen):
    @jax.jit(static_argnums=0)
    def chosen(flag, x):
        return x if flag else -x

    minus = chosen(False, 2.0)
    assert minus == -2.0
    assert seen.curves == {"minus": [-2.0]}


def test_jitted_methods_bind_to_their_instance(seen: Seen):
    class Trainer:
        def __init__(self, factor: float) -> None:
            self.factor = factor

        @functools.partial(jax.jit, static_argnums=0)
        def step(self, x):
            return x * self.factor

        def train(self, x):
            return self.step(x)

    trainer = Trainer(3.0)
    loss = trainer.train(2.0)
    other = Trainer.step(trainer, 1.0)
    assert (loss, other) == (6.0, 3.0)
    assert seen.curves == {"loss": [6.0], "other": [3.0]}
    assert seen.calls("step") == 2


def test_filter_jit_of_both_libraries_is_seen(seen: Seen):
    for library in (eqxcore, equinox):

        class Trainer(library.Module):
            factor: Any

            @library.filter_jit
            def step(self, x):
                return x * self.factor

        @library.filter_jit
        def step(model, x):
            return jnp.mean(jax.vmap(model)(x)), model

        model = library.nn.MLP(2, "scalar", 4, 1, key=jax.random.key(0))
        loss, model = step(model, jnp.ones((5, 2)))
        method_loss = Trainer(jnp.array(2.0)).step(3.0)
        assert (loss.shape, method_loss) == ((), 6.0)
    names = seen.curves
    assert len(names["loss"]) == 1
    assert len(names["method_loss"]) == 1
    assert len(names) == 4  # the second library's functions are others, of the same names
    flavours = {(f.flavour, f.name.rpartition(".")[2]) for f in seen.functions.values()}
    assert (JitFlavour.EQUINOX, "step") in flavours
    # What they jit inside is theirs.
    assert {f.name.rpartition(".")[2] for f in seen.functions.values()} == {"step"}


def test_functions_jitted_by_filter_jit_before_capture_are_seen(request: pytest.FixtureRequest):
    @equinox.filter_jit
    def old(x):
        return x + 1

    @eqxcore.filter_jit
    def older(x):
        return x + 2

    seen: Seen = request.getfixturevalue("seen")
    one = old(jnp.zeros(()))
    two = older(jnp.zeros(()))
    assert (one, two) == (1.0, 2.0)
    assert seen.curves == {"one": [1.0], "two": [2.0]}


def test_inside_a_jitted_function_and_inside_a_trace_calls_pass_straight_through(seen: Seen):
    @jax.jit
    def inner(x):
        return x * 2

    @jax.jit
    def outer(x):
        return inner(x) + 1

    result = outer(1.0)
    shape = jax.eval_shape(inner, 1.0)
    total, _ = jax.lax.scan(lambda c, x: (c + inner(x), None), 0.0, jnp.arange(3.0))
    assert (result, shape.shape, total) == (3.0, (), 6.0)
    assert list(seen.functions) == ["outer"]
    assert seen.calls("outer") == 1


def test_a_jitted_loss_whose_gradient_is_taken_outside_is_seen(seen: Seen):
    @jax.jit
    def loss_of(params, x):
        return jnp.sum(params["w"] * x), {"norm": jnp.sum(params["w"])}

    @jax.jit
    def single(w):
        return jnp.sum(w)

    params = {"w": jnp.ones(3)}
    for _ in range(3):
        (loss, aux), grads = jax.value_and_grad(loss_of, has_aux=True)(params, 2.0)
        params = {"w": params["w"] - 0.5 * grads["w"]}
    assert aux
    for library in (eqxcore, equinox):
        value, g = library.filter_value_and_grad(lambda w: single(w))(jnp.ones(2))
        alone = library.filter_grad(single)(jnp.ones(2))
        assert (value, g.shape, alone.shape) == (2.0, (2,), (2,))
    mapped = jax.vmap(single)(jnp.ones((2, 2)))
    assert (float(loss), mapped.shape) == (-6.0, (2,))
    assert seen.curves == {
        "loss": [6.0, 0.0, -6.0],
        'aux["norm"]': [3.0, 0.0, -3.0],
        "value": [2.0, 2.0],
        "single": [2.0, 2.0],
    }
    assert (seen.calls("loss_of"), seen.calls("single")) == (3, 5)


def test_a_jit_made_in_a_loop_is_one_function(seen: Seen):
    for i in range(3):

        @jax.jit
        def made(x):
            return x + i  # noqa: B023 - what a beginner writes

        value = made(0.0)
        assert value == i
    assert seen.calls("made") == 3
    assert len(seen.functions) == 1
    assert [event.call for event in seen.compiles] == [1, 2, 3]
    assert seen.curves == {"value": [0.0, 1.0, 2.0]}


def test_functions_of_installed_packages_are_seen_as_such(seen: Seen):
    source = "import jax\n\n@jax.jit\ndef packaged(x):\n    return x + 1\n"
    namespace: dict[str, Any] = {"__name__": "somepackage"}
    path = optax.__file__.replace("__init__.py", "packaged.py")
    exec(compile(source, path, "exec"), namespace)
    namespace["packaged"](1.0)
    assert not seen.functions["packaged"].is_user


def test_a_packages_function_that_the_user_jits_is_the_users(seen: Seen):
    optimiser = optax.sgd(0.1)
    update = jax.jit(optimiser.update)
    params = {"w": jnp.ones(2)}
    update(params, optimiser.init(params), params)
    (function,) = seen.functions.values()
    assert function.is_user


def test_donated_arguments_are_donated_and_no_point_is_lost(seen: Seen):
    class State(NamedTuple):
        weights: jax.Array
        loss: jax.Array
        count: jax.Array

    @functools.partial(jax.jit, donate_argnums=0)
    def step(state):
        return State(state.weights * 0.5, jnp.sum(state.weights), state.count + 1)

    state = State(jnp.ones(4), jnp.zeros(()), jnp.zeros((), int))
    for _ in range(20):
        before = state
        state = step(state)
        assert before.weights.is_deleted()
    # The count says how often the function was called, and is no curve.
    assert seen.curves == {"state.loss": [4 * 0.5**i for i in range(20)]}


def test_a_loss_that_the_script_deletes_is_a_curve_as_well(seen: Seen):
    @jax.jit
    def step(w):
        return w * 0.5, jnp.sum(w)

    w = jnp.ones(4)
    for _ in range(40):
        w, loss = step(w)
        loss.delete()
    assert seen.curves["loss"] == [4 * 0.5**i for i in range(40)]


def test_a_loss_that_is_deleted_only_later_on_ends_no_process_and_is_told_of():
    seen = Seen()
    with seen.watching():

        @jax.jit
        def step(w):
            return w * 0.5, jnp.sum(w)

        w = jnp.ones(4)
        for i in range(40):
            w, loss = step(w)
            if i >= 20:
                loss.delete()
        n = len(seen.curves["loss"])
        n_lost = sum(int(p.title.split()[0]) for p in seen.problems if p.code == "scalars-lost")
    assert n >= 20
    assert n + n_lost == 40


def test_a_loss_that_another_function_consumes_is_copied_before(seen: Seen):
    @jax.jit
    def step(w):
        return w * 0.5, jnp.sum(w)

    @functools.partial(jax.jit, donate_argnums=(0, 1))
    def add(total, loss):
        return total, loss * 2

    w, total = jnp.ones(4), jnp.zeros(())
    for _ in range(40):
        w, loss = step(w)
        total, _ = add(total, loss)
    assert seen.curves["loss"] == [4 * 0.5**i for i in range(40)]


def test_donation_by_filter_jit_loses_no_point(seen: Seen):
    @equinox.filter_jit(donate="all")
    def step(state):
        return {"w": state["w"] + 1, "loss": jnp.sum(state["w"])}

    state = {"w": jnp.zeros(2), "loss": jnp.zeros(())}
    for _ in range(20):
        state = step(state)
    assert seen.curves == {'state["loss"]': [2.0 * i for i in range(20)]}


def test_calls_from_several_threads_are_all_seen(seen: Seen):
    @jax.jit
    def work(x):
        return x + 1

    def many() -> None:
        for _ in range(50):
            result = work(1.0)
        assert result == 2.0

    threads = [threading.Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen.calls("work") == 200
    assert seen.curves == {"result": [2.0] * 200}


def test_the_users_exceptions_pass_through_with_one_frame_or_two_of_ours(seen: Seen):
    @jax.jit
    def broken(x):
        raise LookupError("the user's own")

    with pytest.raises(LookupError, match="the user's own") as caught:
        broken(1.0)
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert sum(OURS in frame.filename for frame in frames) <= 2

    @jax.jit
    def works(x):
        return x

    assert works(1.0) == 1.0
    assert seen.calls("works") == 1


def test_a_jitted_function_looks_like_jaxs(seen: Seen):
    def documented(x: float, y: float = 1.0) -> float:
        """Adds."""
        return x + y

    jitted = jax.jit(documented)
    plain = jax.jit.__wrapped__(documented)
    assert isinstance(jitted, jax.stages.Wrapped)
    assert isinstance(jitted, type(plain))
    assert not inspect.isfunction(jitted)
    assert callable(jitted)
    assert (jitted.__name__, jitted.__doc__, jitted.__module__) == (
        "documented",
        "Adds.",
        __name__,
    )
    assert jitted.__wrapped__ is documented
    assert inspect.signature(jitted) == inspect.signature(documented)
    assert repr(jitted) == repr(plain)
    assert vars(jitted).keys() == vars(plain).keys()
    assert jitted.lower(1.0).compile()(1.0) == 2.0
    assert jitted.trace(1.0).jaxpr is not None
    assert jitted.eval_shape(1.0).shape == ()
    jitted.clear_cache()
    jitted.note = "kept"
    assert jitted.note == "kept"
    assert {jitted: 1}[jitted] == 1
    assert jitted == jitted
    assert jitted != jax.jit(documented)
    assert weakref.ref(jitted)() is jitted
    assert copy.copy(jitted)(1.0) == 2.0
    assert copy.deepcopy({"f": jitted})["f"](1.0) == 2.0
    for function in (jitted, plain):
        with pytest.raises(
            (AttributeError, pickle.PicklingError), match=r"Can't (pickle|get local)"
        ):
            pickle.dumps(function)
    assert jax.make_jaxpr(jitted)(1.0).out_avals[0].shape == ()
    exported = jax.export.export(jitted)(jax.ShapeDtypeStruct((), jnp.float32))
    assert exported.call(jnp.float32(1.0)) == 2.0
    assert seen.calls("documented") == 2


def test_jit_itself_looks_like_jaxs(seen: Seen):
    assert pickle.loads(pickle.dumps(jax.jit)) is jax.jit
    assert jax.jit.__name__ == "jit"
    assert "static_argnums" in inspect.signature(jax.jit).parameters
    with pytest.raises(TypeError, match="callable"):
        jax.jit(1)


def test_wrapped_functions_go_on_working_after_capture_has_ended(request: pytest.FixtureRequest):
    from eqxviz import capturing

    original = jax.jit
    seen: Seen = request.getfixturevalue("seen")

    @jax.jit
    def f(x):
        return x + 1

    f(1.0)
    capturing.uninstall()
    assert jax.jit is original
    assert f(1.0) == 2.0
    assert seen.calls("f") == 1


def test_a_jitted_function_that_may_hold_arrays_is_held_weakly(seen: Seen):
    weights = jnp.ones(3)

    class Trainer:
        def __init__(self) -> None:
            self.weights = weights

        def step(self, x):
            return x + self.weights

    for function in (lambda x: x + weights, Trainer().step):
        jitted = jax.jit(function)
        jitted(1.0)
        held = weakref.ref(jitted)
        del jitted
        assert held() is None


def test_one_that_holds_none_can_be_drawn_when_its_maker_has_returned(seen: Seen):
    def main() -> None:
        optimiser = optax.adam(1e-3)

        @jax.jit
        def step(params):
            return optimiser.init(params)

        step(jnp.ones(3))

    main()
    (row,) = seen.capture.observer.functions
    assert row.target() is not None
