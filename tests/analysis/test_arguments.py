"""Arguments of a call as text: shapes, Python values, variables, and what is none of them."""

import types

import jax
import jax.numpy as jnp
import pytest

from eqxviz.analysis import parse_call
from eqxviz.analysis.arguments import WrittenShape


def test_python_values_stand_beside_shapes():
    (x, rate), named = parse_call("f32[8,3] 0.1 n=3 mode='a b' axes=(0, -1)")
    assert (x.shape, x.dtype) == ((8, 3), jnp.float32)
    assert rate == 0.1
    assert named == {"n": 3, "mode": "a b", "axes": (0, -1)}


def test_trees_hold_shapes():
    ((x, y), batch), _ = parse_call("(f32[8,3], i32[8]) {'mask': bool[8], 'n': 2}")
    assert (x.shape, y.dtype) == ((8, 3), jnp.int32)
    assert (batch["mask"].shape, batch["n"]) == ((8,), 2)


def test_variables_are_meant_by_name_with_their_attributes_and_items():
    model = types.SimpleNamespace(layers=[1, 2])
    args, named = parse_call("model.layers[1] f32[2] m=model", {"model": model})
    assert args[0] == 2
    assert isinstance(args[1], WrittenShape)
    assert named["m"] is model


def test_what_is_called_is_traced_and_not_computed():
    def make(key):
        assert isinstance(key, jax.core.Tracer)
        return {"w": jax.random.normal(key, (1 << 20, 1 << 20)), "name": "big"}

    (model,), _ = parse_call("make(key<fry>[])", {"make": make})
    assert model["w"].shape == (1 << 20, 1 << 20)
    assert model["name"] == "big"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("modle", "'modle' in 'modle' is no shape: did you mean model"),
        ("other", "there is no variable 'other'"),
        ("model.missing", "'model.missing' cannot be evaluated: AttributeError"),
        ("fails()", r"'fails\(\)' cannot be evaluated: OSError: no disk"),
        ("f33[8]", "'f33' in 'f33\\[8\\]' is no dtype"),
        ("f32[8,3", "is no shape"),
        ("n=1 n=2", "'n' is given twice"),
        ("n=1 f32[2]", "'f32\\[2\\]' follows a named input"),
    ],
)
def test_what_cannot_be_read_is_named_with_the_reason(text: str, reason: str):
    def fails():
        raise OSError("no disk")

    with pytest.raises(ValueError, match=reason):
        parse_call(text, {"model": types.SimpleNamespace(), "fails": fails})
