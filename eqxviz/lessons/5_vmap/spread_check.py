import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

import eqxcore as eqx


def check(answer):
    make, predict = (getattr(answer, name, None) for name in ("make_ensemble", "predict"))
    assert callable(make), "There is no function `make_ensemble`. Define `make_ensemble(n, key)`."
    assert callable(predict), "There is no function `predict`. Define `predict(ensemble, x)`."

    ensemble = make(3, jr.key(7))
    _check_ensemble(ensemble)
    x = jnp.array([1.5, -0.5])
    mean, spread = _pair(predict, ensemble, x)
    arrays, rest = eqx.partition(ensemble, eqx.is_array)
    members = [eqx.combine(jax.tree.map(lambda leaf, i=i: leaf[i], arrays), rest) for i in range(3)]
    each = np.stack([member(x) for member in members])
    assert mean.shape == spread.shape == (1,), (
        f"`predict` returned shapes {mean.shape} and {spread.shape} for one input; both are to be "
        "(1,), the shape that one member returns. Look at the axis of the mean."
    )
    assert np.allclose(mean, each.mean(0), atol=1e-5), (
        f"`predict` gave the mean {mean}, but the members return {each[:, 0]}, with the mean "
        f"{each.mean(0)}. See which members take part, and over which axis the mean goes."
    )
    assert np.allclose(spread, each.std(0), atol=1e-5), (
        f"`predict` gave the spread {spread}, but the members return {each[:, 0]}, with the "
        f"standard deviation {each.std(0)}. Look at the second result."
    )


def _check_ensemble(ensemble):
    assert isinstance(ensemble, eqx.nn.MLP), (
        f"`make_ensemble(3, key)` returned {type(ensemble).__name__}, and is to return one `MLP` "
        "whose arrays are stacks. What returns a stack when it is mapped?"
    )
    shape = ensemble.layers[0].weight.shape
    assert shape == (3, 8, 2), (
        f"In `make_ensemble(3, key)` the first weight has the shape {shape}, and is to have "
        "(3, 8, 2): the members first. Look at what is mapped, and over how many keys."
    )
    weight = np.asarray(ensemble.layers[0].weight)
    assert not np.allclose(weight[0], weight[1]), (
        "The first two members have the same initial values, so that they would always agree. Each "
        "member needs a key of its own."
    )


def _pair(predict, ensemble, x):
    try:
        found = predict(ensemble, x)
    except (TypeError, ValueError) as error:
        raise AssertionError(
            f"`predict` could not be called with three members and one input of shape (2,): "
            f"{_sentence(error)} See what is mapped over, and what every member gets whole."
        ) from error
    size = len(found) if isinstance(found, tuple | list) else 1
    assert size == 2, (
        f"`predict` returned {type(found).__name__}, and is to return a pair: mean and spread."
    )
    return jnp.asarray(found[0]), jnp.asarray(found[1])


def _sentence(error):
    return str(error).rstrip(".") + "."
