import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

import eqxcore as eqx


def check(answer):
    make = getattr(answer, "Autoencoder", None)
    assert callable(make), (
        "There is no class `Autoencoder`. Define it, to be made by `Autoencoder(key)`."
    )
    model = make(jr.key(3))
    x = jr.normal(jr.key(4), (6, 8))
    for n_steps in range(3):
        parameters = _parameters(model)
        _check_output(model, parameters, x[0], n_steps)
        gradients = eqx.filter_grad(_loss)(model, x)
        _check_gradient(gradients, parameters, x)
        model = eqx.apply_updates(model, jax.tree.map(lambda leaf: -0.3 * leaf, gradients))


def _parameters(model):
    """Return weight, bias of the encoder and bias of the decoder."""
    arrays = jax.tree.leaves(eqx.filter(model, eqx.is_inexact_array))
    shapes = [leaf.shape for leaf in arrays]
    weights = [leaf for leaf in arrays if leaf.ndim == 2]
    assert len(weights) == 1, (
        f"The tree of the model has {len(weights)} weights: its arrays have the shapes {shapes}. "
        "Weights that are tied are in the tree once, however many layers use them. See what is "
        "taken out of the tree, and what is kept in a field."
    )
    biases = sorted((leaf for leaf in arrays if leaf.ndim == 1), key=len)
    assert [leaf.shape for leaf in biases] == [(3,), (8,)], (
        f"The arrays of the model have the shapes {shapes}. Besides the weight, it is to have a "
        "bias of shape (3,) and one of shape (8,)."
    )
    assert len(arrays) == 3, (
        f"The arrays of the model have the shapes {shapes}: more than a weight and two biases."
    )
    weight = weights[0] if weights[0].shape == (3, 8) else weights[0].T
    assert weight.shape == (3, 8), f"The weight has shape {weight.shape} instead of (3, 8)."
    return weight, *biases


def _reference(parameters, x):
    weight, encoder_bias, decoder_bias = parameters
    return weight.T @ jnp.tanh(weight @ x + encoder_bias) + decoder_bias


def _check_output(model, parameters, x, n_steps):
    try:
        found = model(x)
    except (TypeError, ValueError, AttributeError) as error:
        raise AssertionError(
            f"The model can't be called: {type(error).__name__}: {error}\nSee what stands in the "
            "place of the weight that was taken out, and what puts it back."
        ) from error
    expected = _reference(parameters, x)
    assert np.shape(found) == (8,), f"The model returns shape {np.shape(found)} instead of (8,)."
    assert np.allclose(found, expected, atol=1e-5), (
        f"After {n_steps} updates the model returns {np.asarray(found)[:3]}..., and with the "
        f"transpose of its weight in the decoder it would be {np.asarray(expected)[:3]}... See "
        "which weight the decoder uses when it is called."
    )


def _check_gradient(gradients, parameters, x):
    found = _parameters(gradients)[0]

    def loss(parameters):
        return jnp.mean((jax.vmap(lambda x: _reference(parameters, x))(x) - x) ** 2)

    expected = jax.grad(loss)(parameters)[0]
    assert np.allclose(found, expected, atol=1e-4), (
        f"The gradient of the weight has the norm {jnp.linalg.norm(found):.4f}, and the sum over "
        f"both uses has {jnp.linalg.norm(expected):.4f}. See whether a use takes no part in it."
    )


def _loss(model, x):
    return jnp.mean((jax.vmap(model)(x) - x) ** 2)
