from typing import Any

import equinox
import jax
import jax.numpy as jnp
import jaxtyping
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import eqxcore
from eqxviz.analysis import example_inputs, parse_call, parse_inputs

KEY = jax.random.key(0)


def test_shapes_are_read_as_jax_writes_them():
    a, b, c, d = parse_inputs("f32[8, 3] i32[], bf16[2] bool[1,]")
    assert (a.shape, a.dtype) == ((8, 3), jnp.float32)
    assert (b.shape, b.dtype) == ((), jnp.int32)
    assert (c.shape, c.dtype) == ((2,), jnp.bfloat16)
    assert (d.shape, d.dtype) == ((1,), jnp.bool_)


def test_long_names_and_keys_are_read():
    args, kwargs = parse_call("float32[2] key=key<fry>[]")
    assert args[0].dtype == jnp.float32
    assert kwargs["key"].dtype == KEY.dtype
    assert parse_inputs("") == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("f32", "'f32' in 'f32' is no shape"),
        ("f32[a]", "is no shape"),
        ("f32[2", "is no shape"),
        ("f32[1,,2]", r"\[1,,2\] in .* is no shape"),
        ("float[2]", "'float' in 'float\\[2\\]' is no dtype of JAX arrays"),
        ("q[2]", "'q' in 'q\\[2\\]' is no dtype"),
        ("cat[2]", "'cat' in 'cat\\[2\\]' is no dtype"),
        ("object[2]", "is no dtype of JAX arrays"),
        ("x=f32[2]", "names 'x'; here inputs go by position"),
        ("x=f32[2] f32[3]", "follows a named input"),
        ("x=f32[2] x=f32[3]", "'x' is given twice"),
    ],
)
def test_what_is_no_shape_is_refused(text: str, reason: str):
    with pytest.raises(ValueError, match=reason):
        parse_inputs(text)


structs = st.lists(
    st.builds(
        jax.ShapeDtypeStruct,
        st.lists(st.integers(0, 99), max_size=4).map(tuple),
        st.sampled_from([jnp.float32, jnp.bfloat16, jnp.int8, jnp.uint32, jnp.bool_]),
    ),
    max_size=4,
)


@settings(max_examples=40, deadline=None)
@given(structs)
def test_what_jax_prints_is_read_back(inputs: list[jax.ShapeDtypeStruct]):
    text = " ".join(jax.core.ShapedArray(s.shape, s.dtype).str_short(True) for s in inputs)
    assert parse_inputs(text) == inputs


@pytest.mark.parametrize("eqx", [eqxcore, equinox])
def test_a_model_says_what_it_takes_by_its_sizes(eqx: Any):
    assert example_inputs(eqx.nn.MLP(3, 1, 4, 2, key=KEY)) == "f32[3]"
    assert example_inputs(eqx.nn.MLP("scalar", "scalar", 4, 2, key=KEY)) == "f32[]"


def test_layers_of_equinox_are_understood():
    nn = equinox.nn
    assert example_inputs(nn.GRUCell(3, 5, key=KEY)) == "f32[3] f32[5]"
    assert example_inputs(nn.Conv2d(3, 4, 3, key=KEY)) == "f32[3,32,32]"
    assert example_inputs(nn.MultiheadAttention(2, 8, key=KEY)) == "f32[8,8] f32[8,8] f32[8,8]"


def test_a_token_model_with_dropout_gets_tokens_and_a_key():
    class Tokens(equinox.Module):
        embedding: equinox.nn.Embedding
        dropout: equinox.nn.Dropout

        def __call__(self, tokens: jax.Array, *, key: Any = None) -> jax.Array:
            return self.dropout(jax.vmap(self.embedding)(tokens), key=key)

    model = Tokens(equinox.nn.Embedding(10, 4, key=KEY), equinox.nn.Dropout(0.5))
    assert example_inputs(model) == "i32[8] key=key<fry>[]"


def test_an_annotation_comes_first():
    class Annotated(eqxcore.Module):
        weight: jax.Array

        def __call__(self, x: jaxtyping.Int[jax.Array, "time 5"]) -> jax.Array:  # noqa: F722 - dimensions
            return x.sum() * self.weight

    assert example_inputs(Annotated(jnp.ones(3))) == "i32[8,5]"


@pytest.mark.parametrize("value", [{"w": jnp.ones(2)}, 3, lambda: 1])
def test_what_takes_no_input_has_none(value: Any):
    assert example_inputs(value) == ""
