"""Transformed functions are printed as the call that made them."""

import jax
import jax.numpy as jnp
import pytest

import eqxcore as eqx


def f(x):
    return x


class Model(eqx.Module):
    activation: object


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (eqx.filter_jit(f), "filter_jit(<function f>)"),
        (
            eqx.filter_jit(f, donate="all", inline=True),
            "filter_jit(<function f>, donate='all', inline=True)",
        ),
        (eqx.filter_grad(f), "filter_grad(<function f>)"),
        (eqx.filter_grad(f, has_aux=True), "filter_grad(<function f>, has_aux=True)"),
        (eqx.filter_value_and_grad(f), "filter_value_and_grad(<function f>)"),
        (eqx.filter_vmap(f), "filter_vmap(<function f>)"),
        (
            eqx.filter_vmap(f, in_axes=(1, None), axis_size=2),
            "filter_vmap(<function f>, in_axes=(1, None), axis_size=2)",
        ),
        (
            eqx.filter_pmap(f, out_axes=1, donate="all"),
            "filter_pmap(<function f>, out_axes=1, donate='all')",
        ),
        (eqx.filter_jacrev(f), "filter_jacrev(<function f>)"),
        (eqx.filter_hessian(f), "filter_jacfwd(filter_jacrev(<function f>))"),
        (eqx.filter_make_jaxpr(f), "filter_make_jaxpr(<function f>)"),
        (eqx.filter_checkpoint(f), "filter_checkpoint(<function f>)"),
        (
            eqx.filter_checkpoint(f, prevent_cse=False),
            "filter_checkpoint(<function f>, prevent_cse=False)",
        ),
        (eqx.filter_jit(eqx.filter_grad(f)), "filter_jit(filter_grad(<function f>))"),
        (
            eqx.Partial(eqx.filter_jit(f), 1),
            "Partial(func=filter_jit(<function f>), args=(1,), keywords={})",
        ),
        (eqx.filter_jit(f).lower(jnp.ones(2)), "<Lowered filter_jit(<function f>)>"),
    ],
)
def test_the_call_is_written(made, text):
    assert repr(made) == text
    assert str(made) == text


def test_long_ones_are_broken_and_arrays_are_short():
    layer = eqx.nn.Linear(2, 3, key=jax.random.key(0))
    assert repr(eqx.filter_vmap(layer, in_axes=1)) == (
        "filter_vmap(\n"
        "  Linear(\n"
        "    weight=f32[3,2], bias=f32[3], in_features=2, out_features=3, use_bias=True\n"
        "  ),\n"
        "  in_axes=1\n"
        ")"
    )


def test_a_model_that_holds_one_is_readable():
    assert repr(Model(eqx.filter_grad(f))) == "Model(activation=filter_grad(<function f>))"
