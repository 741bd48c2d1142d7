import functools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import equinox
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import eqxcore
from eqxviz.analysis import graph_of
from eqxviz.records import Graph, ValueOrigin

TABLE = np.arange(3, dtype=np.float32)
WIDE = np.linspace(0, 1, 3)  # float64: JAX converts it
TABLES = {"sine": jnp.sin(jnp.arange(3.0))}
X = jnp.ones(3)
LIBRARIES = [pytest.param(eqxcore, id="eqxcore"), pytest.param(equinox, id="equinox")]


def constants(fn: Callable[..., Any], *args: Any) -> list[str]:
    graph = graph_of(fn, args or (X,), {}, title="fn")
    return names_of(graph)


def names_of(graph: Graph) -> list[str]:
    found = np.flatnonzero(graph.value_origin == ValueOrigin.CONSTANT)
    return [graph.text(graph.value_path[value]) for value in found]


def uses_globals(x: jax.Array) -> jax.Array:
    return x + TABLE + WIDE + TABLES["sine"]


def test_globals_go_by_their_names():
    assert sorted(constants(uses_globals)) == ["TABLE", "TABLES['sine']", "WIDE"]


def test_globals_of_a_function_that_is_called_are_found():
    assert sorted(constants(lambda x: uses_globals(x) * 2)) == ["TABLE", "TABLES['sine']", "WIDE"]


def test_what_a_closure_holds_goes_by_the_name_of_its_variable():
    scale, shift = jnp.arange(3.0), np.ones(3, np.float32)
    assert constants(lambda x: x * scale + shift) == ["scale", "shift"]


def test_defaults_and_what_is_given_beforehand_go_by_the_parameter():
    def scaled(x: jax.Array, by: jax.Array = TABLES["sine"], *, to: jax.Array = X) -> jax.Array:
        return x * by + to

    assert constants(scaled) == ["by", "to"]

    def three(first: jax.Array, second: jax.Array, third: jax.Array) -> jax.Array:
        return first * second + third

    given = functools.partial(three, jnp.arange(3.0), third=jnp.ones(3))
    assert constants(given) == ["first", "third"]


def test_an_object_tells_its_attribute():
    class Holder:
        shared = jnp.arange(3.0)

        def __init__(self) -> None:
            self.table = jnp.ones(3)

        def method(self, x: jax.Array) -> jax.Array:
            return x * self.table + self.shared

    assert constants(Holder().method) == ["self.table", "self.shared"]
    settings = SimpleNamespace(scales=[X, jnp.ones(3)])
    assert constants(lambda x: x * settings.scales[1]) == ["settings.scales[1]"]


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_a_captured_module_tells_its_field(eqx: Any):
    layer = eqx.nn.Linear(3, 3, key=jax.random.key(0))
    assert sorted(constants(lambda x: layer(x))) == ["layer.bias", "layer.weight"]
    assert sorted(constants(eqx.filter_jit(lambda x: layer(x)))) == ["layer.bias", "layer.weight"]
    mapped = jax.jit(jax.vmap(layer))
    assert sorted(constants(mapped, jnp.ones((2, 3)))) == ["fn.bias", "fn.weight"]


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_what_a_method_of_a_module_names_is_found(eqx: Any):
    class Layer(eqx.Module):
        weight: jax.Array

        def __call__(self, x: jax.Array) -> jax.Array:
            return self.weight * x + TABLE

    model = [Layer(jnp.ones(3))]
    assert constants(lambda model, x: model[0](x), model, X) == ["TABLE"]
    assert constants(model[0], X) == ["TABLE"]


def test_what_is_made_while_tracing_has_no_name():
    assert constants(lambda x: x + np.arange(3, dtype=np.float32)) == [""]


def test_constants_of_each_nested_jaxpr_have_their_names():
    scale, shift = jnp.arange(3.0), np.ones(3, np.float32)
    inner = jax.jit(lambda x: x * scale)

    def fn(x: jax.Array) -> Any:
        y = inner(x) + shift
        return jax.lax.scan(lambda c, a: (c * a + scale, None), y, x)[0]

    graph = graph_of(fn, (X,), {}, title="fn")
    assert sorted(names_of(graph)) == ["scale", "scale", "shift"]
    reached = [graph.text(p) for p, o in zip(graph.value_path, graph.value_outer, strict=True)
               if o >= 0]  # fmt: skip
    assert "scale" in reached
    sizes = graph.value_bytes[graph.value_origin == ValueOrigin.CONSTANT]
    assert sizes.tolist() == [12, 12, 12]


def test_an_array_is_told_from_another_with_the_same_numbers():
    first, second = np.ones(3, np.float32), np.ones(3, np.float32)
    assert constants(lambda x: x * second + 0 * first.sum()) == ["second"]
