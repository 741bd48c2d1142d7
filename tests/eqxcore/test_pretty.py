"""Printed forms, beyond those that the parity suite compares."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import eqxcore as eqx


class Model(eqx.Module):
    weight: Any
    size: int = eqx.field(static=True)
    secret: Any = eqx.field(repr=False, default=0)
    optional: Any = None


def test_a_module_prints_as_a_dataclass() -> None:
    assert eqx.tree_pformat(Model(jnp.ones((3, 2)), 3)) == "Model(weight=f32[3,2], size=3)"
    assert repr(Model(np.ones(2), 3, optional=[1])) == (
        "Model(weight=f64[2](numpy), size=3, optional=[1])"
    )


def test_what_does_not_fit_goes_on_lines_of_its_own() -> None:
    assert eqx.tree_pformat(Model([jnp.ones(2)] * 2, 3), width=20, indent=3) == (
        "Model(\n   weight=[\n      f32[2], f32[2]\n   ],\n   size=3\n)"
    )


def test_arrays_can_be_printed_in_full() -> None:
    text = eqx.tree_pformat([jnp.arange(2), np.arange(2)], short_arrays=False)
    assert text == "[Array([0, 1], dtype=int32), array([0, 1])]"


def test_shapes_can_be_printed_as_arrays() -> None:
    shape = jax.ShapeDtypeStruct((2,), jnp.bfloat16)
    assert eqx.tree_pformat(shape) == "ShapeDtypeStruct(shape=(2,), dtype=bfloat16)"
    assert eqx.tree_pformat(shape, struct_as_array=True) == "bf16[2]"


def test_nodes_can_be_cut_short() -> None:
    tree = {"a": Model(1, 2), "b": (3, 4)}
    text = eqx.tree_pformat(tree, truncate_leaf=lambda x: isinstance(x, (Model, tuple)))
    assert text == "{'a': Model(...), 'b': tuple(...)}"


def test_tree_pprint_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    eqx.tree_pprint([Model(1, 2)], width=10)
    assert capsys.readouterr().out == eqx.tree_pformat([Model(1, 2)], width=10) + "\n"


def test_a_tracer_prints_as_an_array() -> None:
    seen: list[str] = []
    jax.jit(lambda x: seen.append(eqx.tree_pformat(x)))(jnp.ones((2, 3)))
    assert seen == ["f32[2,3]"]


def test_a_function_with_its_own_derivative_prints_as_the_function() -> None:
    @jax.custom_vjp
    def cube(x: Any) -> Any:
        return x**3

    name = "test_a_function_with_its_own_derivative_prints_as_the_function.<locals>.cube"
    assert eqx.tree_pformat(cube) == f"<function {name}>"


def test_a_list_in_itself_ends() -> None:
    cycle: list[Any] = [1]
    cycle.append(cycle)
    assert eqx.tree_pformat(cycle) == "[1, <recursive>]"
