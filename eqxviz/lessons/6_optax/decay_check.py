import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

import eqxcore as eqx


def check(answer):
    make_optimiser = getattr(answer, "make_optimiser", None)
    assert callable(make_optimiser), (
        "There is no function `make_optimiser`. Define `make_optimiser(model)`."
    )
    for depth in (1, 3):
        _check_optimiser(make_optimiser, eqx.nn.MLP(3, 2, 4, depth, key=jr.key(depth)))


def _check_optimiser(make_optimiser, model):
    params = eqx.filter(model, eqx.is_inexact_array)
    for gradient in (0.0, 0.5):
        gradients = jax.tree.map(lambda leaf, value=gradient: jnp.full_like(leaf, value), params)
        after = _updated(make_optimiser, model, params, gradients)
        for i, (old, new) in enumerate(zip(model.layers, after.layers, strict=True)):
            where = f"`layers[{i}]` of an MLP of depth {model.depth}"
            if not gradient:
                _check_decay(where, old, new)
            wanted = 0.99 * old.weight - 0.1 * gradient, old.bias - 0.1 * gradient
            for name, value in zip(("weight", "bias"), wanted, strict=True):
                found = np.asarray(getattr(new, name))
                assert np.allclose(found, value, atol=1e-5), (
                    f"With the gradient {gradient} everywhere, the first {name} of {where} goes "
                    f"from {getattr(old, name).ravel()[0]:.4f} to {found.ravel()[0]:.4f}, and is "
                    f"to go to {value.ravel()[0]:.4f}. Keep the rate 0.1 and the decay 0.1, and "
                    "see that the gradient is used for every array."
                )


def _check_decay(where, old, new):
    bias, weight = (
        float(jnp.linalg.norm(getattr(new, name)) / jnp.linalg.norm(getattr(old, name)))
        for name in ("bias", "weight")
    )
    assert abs(bias - 1) < 1e-4, (
        f"With no gradient, the bias of {where} was multiplied by {bias:.4f} in one step, and is "
        "to stay. See for which leaves the mask is true."
    )
    assert abs(weight - 0.99) < 1e-4, (
        f"With no gradient, the weight of {where} was multiplied by {weight:.4f} in one step, and "
        "is to be by 0.9900, as in the script. See for which leaves the mask is true, and that "
        "it holds for every layer."
    )


def _updated(make_optimiser, model, params, gradients):
    try:
        optim = make_optimiser(model)
        updates, _ = optim.update(gradients, optim.init(params), params)
    except (TypeError, ValueError, AttributeError, IndexError) as error:
        raise AssertionError(
            f"The optimiser failed for an MLP of depth {model.depth}: {type(error).__name__} "
            f"{error}\nA mask has the structure of the parameters, without the leaves that are no "
            "arrays."
        ) from error
    return eqx.apply_updates(params, updates)
