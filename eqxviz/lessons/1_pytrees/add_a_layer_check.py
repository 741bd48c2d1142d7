import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

import eqxcore as eqx

IN, WIDTH, OUT = 3, 5, 2
SHAPES = [(WIDTH, IN), (WIDTH,), (WIDTH, WIDTH), (WIDTH,), (OUT, WIDTH), (OUT,)]


def check(answer):
    Network = getattr(answer, "Network", None)
    assert callable(Network), "There is no class `Network`. Keep its name."
    model = Network(IN, WIDTH, OUT, jr.key(7))

    arrays = [leaf for leaf in jax.tree.leaves(model) if eqx.is_inexact_array(leaf)]
    shapes = [leaf.shape for leaf in arrays]
    assert len(shapes) == 6, (
        f"Network({IN}, {WIDTH}, {OUT}, key) has {len(shapes)} arrays of floating-point numbers, "
        f"of shapes {shapes}. Three layers have a weight and a bias each: 6."
    )
    assert sorted(shapes) == sorted(SHAPES), (
        f"Network({IN}, {WIDTH}, {OUT}, key) has arrays of shapes {shapes}. The new layer maps "
        f"{WIDTH} numbers to {WIDTH}, and the others stay as they are: see the sizes of each."
    )
    square = [leaf for leaf in jax.tree.leaves(Network(4, 4, 4, jr.key(7))) if _is_weight(leaf)]
    same = [i for i in range(3) if np.array_equal(square[i], square[i - 1])]
    assert not same, (
        "In Network(4, 4, 4, key), two layers have the same initial weight. Each needs a key of "
        "its own: see how many keys the key is split into, and where each goes."
    )
    _check_call(model)


def _check_call(model):
    xs = jr.normal(jr.key(8), (32, IN))
    shape = jnp.shape(model(xs[0]))
    assert shape == (OUT,), (
        f"For an input of shape ({IN},), the network returned shape {shape} instead of ({OUT},)."
    )

    gradients = eqx.filter_grad(lambda model: jnp.sum(jax.vmap(model)(xs)))(model)
    for path, leaf in jax.tree_util.tree_leaves_with_path(gradients):
        assert np.any(leaf), (
            f"The gradient of the output with respect to `{jax.tree_util.keystr(path)}` is zero: "
            "the call does not use it. Making a layer and calling it are two things."
        )

    # What a network without biases computes is homogeneous, and its parts can be told apart.
    model = jax.tree.map(lambda leaf: 0 * leaf if _is_bias(leaf) else leaf, model)
    weights = {leaf.shape: np.asarray(leaf) for leaf in jax.tree.leaves(model) if _is_weight(leaf)}
    first, middle, last = (weights[shape] for shape in ((WIDTH, IN), (WIDTH, WIDTH), (OUT, WIDTH)))
    hidden = np.maximum(np.asarray(xs) @ first.T, 0)
    logits = np.maximum(hidden @ middle.T, 0) @ last.T
    found = np.asarray(jax.vmap(model)(xs))
    assert not np.allclose(found, np.maximum(logits, 0), atol=1e-4), (
        f"The smallest of all outputs is {found.min()}: ReLU is applied after the last layer as "
        "well, so that the network can't return a negative number."
    )
    assert not np.allclose(found, hidden @ middle.T @ last.T, atol=1e-4), (
        "There is no ReLU between the new layer and the last one: without it, the two of them "
        "compute no more than one layer can."
    )
    i = np.argmax(np.abs(found - logits).max(axis=1))
    assert np.allclose(found, logits, atol=1e-4), (
        f"With all biases zero, the network returned {found[i]} for x = {xs[i]}, and first layer, "
        f"ReLU, new layer, ReLU, last layer give {logits[i]}. Follow `x` through the call."
    )


def _is_bias(leaf):
    return eqx.is_inexact_array(leaf) and leaf.ndim == 1


def _is_weight(leaf):
    return eqx.is_inexact_array(leaf) and leaf.ndim == 2
