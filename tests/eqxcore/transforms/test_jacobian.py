"""Jacobians and Hessians."""

import jax.numpy as jnp
import numpy as np
import pytest

import eqxcore

X = jnp.arange(1.0, 4.0)
TRANSFORMS = (eqxcore.filter_jacfwd, eqxcore.filter_jacrev, eqxcore.filter_hessian)


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_aux_may_be_anything(transform):
    result, aux = transform(lambda x: (x**2, ["text", x, None]), has_aux=True)(X)
    assert result.shape[:2] == (3, 3)
    assert aux[0] == "text"
    assert np.array_equal(aux[1], X)


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("nothing", [3.0, "text", None, jnp.arange(2), {"a": 1}])
def test_nothing_to_differentiate_in_is_an_error_that_says_so(transform, nothing):
    with pytest.raises(ValueError, match=r"first argument.*holds none"):
        transform(lambda x: X)(nothing)


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_aux_needs_a_pair(transform):
    with pytest.raises(TypeError, match=r"has_aux=True.*float32\[3\]"):
        transform(lambda x: x, has_aux=True)(X)


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_they_bind_as_methods_and_differentiate_the_module(transform):
    class Scale(eqxcore.Module):
        w: object
        name: str

        @transform
        def derivative(self, x):
            "The derivative."
            return self.w**2 * x

    scale = Scale(X, "name")
    assert scale.derivative(2.0).name is None
    first = scale.derivative(2.0).w
    expected = first.w if transform is eqxcore.filter_hessian else first
    order = 2 if transform is eqxcore.filter_hessian else 1
    assert np.allclose(
        np.einsum("i" * (order + 1) + "->i", expected), 4.0 * (X if order == 1 else 1)
    )
    assert Scale.derivative.__doc__ == "The derivative."


def test_forwards_backwards_and_finite_differences_agree():
    def f(x):
        return {"a": jnp.sin(x) * x[0], "b": [x.sum() ** 2]}

    forwards, backwards = eqxcore.filter_jacfwd(f)(X), eqxcore.filter_jacrev(f)(X)
    step = 1e-3
    for i in range(3):
        moved, back = f(X.at[i].add(step)), f(X.at[i].add(-step))
        slope = (moved["a"] - back["a"]) / (2 * step)
        assert np.allclose(forwards["a"][:, i], slope, atol=1e-2)
        assert np.allclose(backwards["a"][:, i], forwards["a"][:, i], atol=1e-5)
        assert np.allclose(backwards["b"][0][i], forwards["b"][0][i], atol=1e-4)
