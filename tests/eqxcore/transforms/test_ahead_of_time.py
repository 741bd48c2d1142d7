"""Lowering and compiling ahead of time."""

from typing import Any

import jax
import jax.numpy as jnp
import pytest

import eqxcore


def test_lower_and_compile_give_a_function(eqx):
    f = eqx.filter_jit(lambda a, b, *, c=3: (a + 1, b, c))
    compiled = f.lower(jnp.arange(3.0), 2, c="s").compile()
    out = compiled(jnp.ones(3), 2, c="s")
    assert out[0].tolist() == [2.0, 2.0, 2.0]
    assert out[1:] == (2, "s")


def test_lowered_text_can_be_read(eqx):
    lowered = eqx.filter_jit(lambda a: a + 1).lower(jnp.arange(3.0))
    assert "stablehlo" in lowered.as_text()


def test_arguments_may_be_given_by_name(eqx):
    f = eqx.filter_jit(lambda a, b: a + b)
    assert f.lower(b=2, a=jnp.ones(2)).compile()(jnp.ones(2), 2).tolist() == [3.0, 3.0]


def test_models_go_through(eqx):
    class M(eqx.Module):
        w: Any
        n: int = eqx.field(static=True)

    out = eqx.filter_jit(lambda m: m).lower(M(jnp.ones(2), 3)).compile()(M(jnp.zeros(2), 3))
    assert (out.w.tolist(), out.n) == ([0.0, 0.0], 3)


def test_another_structure_is_refused(eqx):
    compiled = eqx.filter_jit(lambda a, b=1: a).lower(jnp.ones(2), 2).compile()
    with pytest.raises(TypeError, match=r"structure|pytree"):
        compiled(jnp.ones(2))
    with pytest.raises(TypeError, match="float32\\[3\\]"):
        compiled(jnp.ones(3), 2)


def test_the_stages_offer_what_those_of_jax_offer():
    lowered = eqxcore.filter_jit(lambda a: (a @ a, "static")).lower(jnp.ones((4, 4)))
    compiled = lowered.compile()
    assert compiled.cost_analysis()["flops"] > 0
    assert compiled.memory_analysis().output_size_in_bytes == 64
    assert "HloModule" in compiled.as_text()
    assert lowered.args_info[0][0][0].shape == (4, 4)
    with pytest.raises(AttributeError, match="nonsense"):
        compiled.nonsense  # pyright: ignore[reportAttributeAccessIssue]


def test_shapes_may_stand_for_arrays():
    class M(eqxcore.Module):
        w: Any
        f: Any

    f = eqxcore.filter_jit(lambda m, x: m.f(m.w @ x))
    shape = jax.ShapeDtypeStruct((2, 2), jnp.float32)
    model = M(shape, jnp.sin)
    compiled = f.lower(model, jax.ShapeDtypeStruct((2,), jnp.float32)).compile()
    assert compiled(M(jnp.zeros((2, 2)), jnp.sin), jnp.ones(2)).tolist() == [0.0, 0.0]


def test_a_jitted_model_is_lowered_with_its_arrays():
    class M(eqxcore.Module):
        w: Any

        def __call__(self, x):
            return self.w * x

    compiled = eqxcore.filter_jit(M(jnp.array(2.0))).lower(jnp.array(1.0)).compile()
    assert compiled(jnp.array(3.0)) == 6.0


def test_lowering_after_a_call_does_not_trace_again():
    runs = []
    f = eqxcore.filter_jit(lambda x: runs.append(1) or x)
    f(jnp.ones(2))
    f.lower(jnp.ones(2)).compile()
    assert len(runs) == 1


def test_lowering_under_a_trace(eqx):
    f = eqx.filter_jit(lambda x: x + 1)

    def outer(x):
        f.lower(x)
        return x

    assert jax.jit(outer)(1.0) == 1.0


def test_a_traced_function_shows_its_jaxpr_and_can_be_lowered():
    f = eqxcore.filter_jit(lambda x, n: (x * n, "static"), donate="all")
    traced = f.trace(jax.ShapeDtypeStruct((3,), jnp.float32), 2)
    assert [str(variable.aval) for variable in traced.jaxpr.jaxpr.invars] == ["float32[3]"]
    assert traced.lower().compile()(jnp.ones(3), 2)[1] == "static"
