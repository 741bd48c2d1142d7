import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

import eqxcore as eqx


def check(answer):
    make = getattr(answer, "Twice", None)
    assert callable(make), "There is no class `Twice`. Define it, to be made by `Twice(key)`."

    model = make(jr.key(3))
    weight, bias = _parameters(model)
    x, y = jr.normal(jr.key(4), (6, 3)), jr.normal(jr.key(5), (6, 3))
    for n_steps in range(3):
        _check_output(model, weight, bias, x, n_steps)
        gradients = eqx.filter_grad(_loss)(model, x, y)
        _check_gradient(gradients, weight, bias, x, y)
        model = eqx.apply_updates(model, jax.tree.map(lambda leaf: -0.3 * leaf, gradients))
        weight, bias = _parameters(model)


def _parameters(model):
    arrays = jax.tree.leaves(eqx.filter(model, eqx.is_inexact_array))
    shapes = sorted((leaf.shape for leaf in arrays), key=str)
    assert shapes == [(3, 3), (3,)], (
        f"The model has arrays of shapes {shapes} in its tree. One `Linear(3, 3)` has a weight "
        "(3, 3) and a bias (3,), once each: what is in the tree twice is trained twice, and what "
        "is in no field is not trained. See which fields hold the layer."
    )
    return sorted(arrays, key=lambda leaf: -leaf.ndim)


def _reference(weight, bias, x):
    return weight @ jnp.tanh(weight @ x + bias) + bias


def _check_output(model, weight, bias, x, n_steps):
    found = model(x[0])
    # A layer of one's own may well keep its weight transposed.
    expected = [_reference(each, bias, x[0]) for each in (weight, weight.T)]
    assert any(np.shape(found) == (3,) and np.allclose(found, e, atol=1e-5) for e in expected), (
        f"After {n_steps} updates the model returns {np.asarray(found)}, and its only layer, used "
        f"twice with a tanh in between, gives {np.asarray(expected[0])}. See what `__call__` uses."
    )


def _check_gradient(gradients, weight, bias, x, y):
    found = _parameters(gradients)[1]

    def loss(parameters):
        weight, bias = parameters
        each = jax.vmap(lambda x: _reference(weight, bias, x))(x)
        return jnp.mean((each - y) ** 2)

    expected = [jax.grad(loss)((each, bias))[1] for each in (weight, weight.T)]
    assert any(np.allclose(found, e, atol=1e-4) for e in expected), (
        f"The gradient of the bias is {np.asarray(found)}, and the sum over both uses is "
        f"{np.asarray(expected[0])}. See whether a use takes no part in the gradient."
    )


def _loss(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)
