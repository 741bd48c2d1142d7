"""Gradient functions are seen with what they differentiate, and go on as they were."""

import functools
import pickle
import types
from typing import Any

import equinox
import jax
import jax.numpy as jnp
import pytest

import eqxcore
from eqxviz.records import GradientSeen, NodeKind

from .conftest import Seen

LIBRARIES = pytest.mark.parametrize("library", [eqxcore, equinox], ids=["eqxcore", "equinox"])


def told(seen: GradientSeen) -> dict[str, bool | None]:
    """Return, by path, whether a leaf is differentiated; None for what was held back."""
    tree, found = seen.argument, {}
    for node in range(len(tree)):
        if tree.shape(node) is not None:
            found[tree.path(node)] = bool(seen.is_differentiated[node])
        elif tree.kind[node] == NodeKind.NONE:
            found[tree.path(node)] = None
    return found


def test_a_gradient_inside_a_jitted_step_is_seen_once(seen: Seen):
    def loss_fn(params, x):
        return jnp.sum(params["w"] * x) + params["steps"]

    @jax.jit
    def step(params, x):
        return jax.grad(loss_fn, allow_int=True)(params, x)

    params = {"w": jnp.ones(3), "steps": jnp.array(1)}
    for _ in range(3):
        step(params, jnp.ones(3))
    (gradient,) = seen.of(GradientSeen)
    assert (gradient.name, gradient.file) == ("loss_fn", __file__)
    assert gradient.line == loss_fn.__code__.co_firstlineno
    assert told(gradient) == {"params['steps']": False, "params['w']": True}
    assert gradient.argument.shape(2) == (3,)


@LIBRARIES
@pytest.mark.parametrize("name", ["filter_grad", "filter_value_and_grad"])
@pytest.mark.parametrize("is_jitted", [True, False])
def test_a_partitioned_half_is_seen_with_what_it_holds_back(
    seen: Seen, library, name: str, is_jitted: bool
):
    @getattr(library, name)
    def loss(trained, frozen, x):
        return jnp.sum(jax.vmap(library.combine(trained, frozen))(x))

    def step(trained, frozen, x):
        return loss(trained, frozen, x)

    model = library.nn.MLP(2, 1, 3, 1, key=jax.random.key(0))
    spec = jax.tree.map(lambda _: False, model)
    spec = library.tree_at(lambda m: m.layers[1].weight, spec, True)
    trained, frozen = library.partition(model, spec)
    call = library.filter_jit(step) if is_jitted else step
    for _ in range(2):
        call(trained, frozen, jnp.ones((4, 2)))
    (gradient,) = seen.of(GradientSeen)
    found = told(gradient)
    assert gradient.name == "loss"
    assert found["trained.layers[1].weight"] is True
    assert found["trained.layers[0].weight"] is None


@LIBRARIES
def test_a_filtered_gradient_gives_what_it_gave_before(seen: Seen, library):
    model = library.nn.MLP(2, 1, 3, 1, key=jax.random.key(0))

    def loss(model, x):
        return jnp.sum(jax.vmap(model)(x)), {"mean": jnp.mean(x), "name": "n"}

    x = jnp.ones((4, 2))
    (value, aux), found = library.filter_value_and_grad(loss, has_aux=True)(model, x)
    assert float(value) == float(loss(model, x)[0])
    assert aux["name"] == "n"
    assert library.tree_equal(found, library.filter_grad(loss, has_aux=True)(model, x)[0])
    (gradient,) = seen.of(GradientSeen)
    assert told(gradient)["model.layers[0].bias"] is True

    class Bound(library.Module):
        weight: Any

        @library.filter_grad
        def slope(self, x):
            return jnp.sum(self.weight * x)

    assert Bound(jnp.ones(2)).slope(jnp.full(2, 3.0)).weight.tolist() == [3.0, 3.0]
    assert [g.name for g in seen.of(GradientSeen)] == ["loss", "slope"]


def test_every_argument_that_is_differentiated_is_seen_by_its_name(seen: Seen):
    def loss(a, b, c):
        return jnp.sum(a * b) * c

    ones = jnp.ones(2)
    da, dc = jax.grad(loss, argnums=(0, -1))(ones, ones, 2.0)
    assert (da.tolist(), float(dc)) == ([2.0, 2.0], 2.0)
    assert [g.argument.name for g in seen.of(GradientSeen)] == ["a", "c"]
    value, db = jax.value_and_grad(loss, 1)(ones, ones, 2.0)
    assert (float(value), db.tolist()) == (4.0, [2.0, 2.0])
    assert [g.argument.name for g in seen.of(GradientSeen)] == ["a", "c", "b"]


def test_nested_and_mapped_gradients_are_what_they_were(seen: Seen):
    def cube(x):
        return x**3

    second = jax.grad(jax.grad(cube))
    assert float(second(2.0)) == 12.0
    per_example = jax.vmap(jax.grad(cube))(jnp.arange(3.0))
    assert per_example.tolist() == [0.0, 3.0, 12.0]
    assert jax.jit(jax.hessian(cube))(2.0) == 12.0
    (value, aux), slope = jax.value_and_grad(lambda x: (x * 2, "aux"), has_aux=True)(1.0)
    assert (float(value), aux, float(slope)) == (2.0, "aux", 2.0)

    @jax.custom_vjp
    def clipped(x):
        return x

    clipped.defvjp(lambda x: (x, None), lambda _, g: (jnp.clip(g, -1, 1),))
    assert float(jax.grad(lambda x: 5 * clipped(x))(1.0)) == 1.0
    assert {g.name for g in seen.of(GradientSeen)} >= {"cube"}
    assert seen.problems == []


def test_what_stands_in_for_grad_is_still_grad(seen: Seen):
    def loss(x: float) -> float:
        "Documented."
        return x * x

    made = jax.grad(loss)
    assert made.__name__ == "loss"
    assert made.__doc__.startswith("Gradient of loss")
    assert jax.grad.__doc__.startswith("Creates a function")
    assert pickle.loads(pickle.dumps(jax.grad)) is jax.grad
    assert float(functools.partial(jax.grad, argnums=0)(loss)(3.0)) == 6.0
    assert float(jax.grad(fun=loss)(3.0)) == 6.0
    with pytest.raises(TypeError, match="argument"):
        jax.grad()
    with pytest.raises(TypeError, match="real- or complex"):
        made(3)
    with pytest.raises(TypeError, match="at least 1 positional argument"):
        made()


def test_a_jitted_gradient_function_is_kept_for_drawing(seen: Seen):
    def make() -> Any:
        return jax.jit(jax.grad(lambda x: jnp.sum(x * x)))

    make()(jnp.ones(3))
    observer = seen.capture.observer
    (function,) = [f for f in observer.functions if f.is_user]
    assert function.target() is not None


def test_gradients_of_libraries_are_not_told(seen: Seen):
    source = "import jax\ndef slope(x):\n    return jax.grad(lambda y: y * y)(x)\n"
    library = types.ModuleType("somebodys")
    exec(compile(source, "/usr/lib/python3/site-packages/somebodys.py", "exec"), vars(library))
    assert float(library.slope(2.0)) == 4.0
    assert seen.of(GradientSeen) == []


def test_everything_is_put_back():
    from eqxviz import capturing

    before = jax.grad, jax.value_and_grad, vars(type(eqxcore.filter_grad(abs))).get("__call__")
    equinox_before = vars(type(equinox.filter_grad(abs))).get("__call__")
    capturing.install(lambda records: None, capturing.Gate(), None)
    made = jax.grad(lambda x: x * x)
    assert jax.grad is not before[0]
    capturing.uninstall()
    after = jax.grad, jax.value_and_grad, vars(type(eqxcore.filter_grad(abs))).get("__call__")
    assert after == before
    assert vars(type(equinox.filter_grad(abs))).get("__call__") is equinox_before
    assert float(made(3.0)) == 6.0


def test_no_tracer_is_kept(seen: Seen):
    with jax.checking_leaks():
        slope = jax.jit(jax.grad(lambda params: jnp.sum(params["w"] ** 2)))({"w": jnp.ones(3)})
    assert slope["w"].tolist() == [2.0, 2.0, 2.0]
    assert len(seen.of(GradientSeen)) == 1
