import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

import eqxcore as eqx


def check(answer):
    new_head = getattr(answer, "new_head", None)
    assert callable(new_head), (
        "There is no function `new_head`. Define `new_head(model, n_out, key)`."
    )
    for width, n_hidden, n_out in ((5, 1, 7), (6, 2, 3)):
        _check_head(new_head, _model(width, n_hidden), width, n_out)


def _model(width, n_hidden):
    sizes = [3] + [width] * n_hidden
    layers = []
    for i in range(n_hidden):
        linear = eqx.nn.Linear(sizes[i], sizes[i + 1], key=jr.key(i))
        layers += [linear, eqx.nn.Lambda(jax.nn.relu)]
    return eqx.nn.Sequential([*layers, eqx.nn.Linear(width, 2, key=jr.key(9))])


def _check_head(new_head, old, width, n_out):
    what = f"a `Sequential` of {len(old.layers)} layers of width {width}"
    before = jax.tree.map(lambda leaf: np.array(leaf) if eqx.is_array(leaf) else leaf, old)
    model = _call(new_head, old, n_out, what)
    assert bool(eqx.tree_equal(before, old, typematch=False)), (
        f"`new_head` changed the model that it was given: its last weight was "
        f"{before.layers[-1].weight.shape} and is now {old.layers[-1].weight.shape}. Return a new "
        "model instead: see what assigns to a part of the old one."
    )
    assert isinstance(model, eqx.nn.Sequential), (
        f"`new_head` returned a {type(model).__name__}, and is to return the whole `Sequential`."
    )
    assert len(model.layers) == len(old.layers), (
        f"For {what} `new_head` returned {len(model.layers)} layers. The new layer takes the place "
        "of the last one."
    )
    _check_layers(model, old, width, n_out, what)
    other = new_head(old, n_out, jr.key(21)).layers[-1].weight
    assert not np.allclose(other, model.layers[-1].weight), (
        "With another key the last layer has the same weight. Its initial values are to come from "
        "the key that `new_head` is given."
    )


def _call(new_head, old, n_out, what):
    try:
        return new_head(old, n_out, jr.key(20))
    except (TypeError, ValueError, AttributeError, IndexError) as error:
        raise AssertionError(
            f"`new_head` failed for {what}: {type(error).__name__}: {error}\nA model is immutable: "
            "see which part of it you replace, and by what."
        ) from error


def _check_layers(model, old, width, n_out, what):
    for i, (new, given) in enumerate(zip(model.layers[:-1], old.layers[:-1], strict=True)):
        assert bool(eqx.tree_equal(new, given)), (
            f"For {what} `layers[{i}]` of the result differs from the one that was given; only the "
            "last layer is to be new."
        )
    head = model.layers[-1]
    shape = getattr(getattr(head, "weight", None), "shape", None)
    assert shape == (n_out, width), (
        f"For {what} with `n_out={n_out}` the last weight has shape {shape}, and is to have "
        f"{(n_out, width)}. See what the new layer is made with."
    )
    assert head.out_features == n_out, (
        f"The last weight has {n_out} outputs, but the layer's field `out_features` is still "
        f"{head.out_features}. Static fields are no leaves: see which node you replace."
    )
    found = model(jnp.ones(3)).shape
    assert found == (n_out,), f"The new model returns shape {found} instead of {(n_out,)}."
