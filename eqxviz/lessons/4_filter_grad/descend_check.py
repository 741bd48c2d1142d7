from collections.abc import Callable

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

import eqxcore as eqx


class Model(eqx.Module):
    weight: jax.Array
    steps: jax.Array
    rate: float
    name: str
    activation: Callable


def check(answer):
    descend = getattr(answer, "descend", None)
    assert callable(descend), (
        "There is no function `descend`. Define `descend(model, gradients, rate)`."
    )
    linear = eqx.nn.Linear(2, 3, key=jr.key(1))
    _check(descend, "a linear layer", linear, jax.tree.map(lambda p: p + 1, linear), 0.5)

    mlp = eqx.nn.MLP(2, 1, width_size=3, depth=1, key=jr.key(2))
    gradients = eqx.filter_grad(lambda m: jnp.sum(m(jnp.ones(2)) ** 2))(mlp)
    _check(descend, "an MLP", mlp, gradients, 0.1)

    model = Model(jnp.asarray([1.0, 2.0]), jnp.asarray([3, 4]), 0.5, "model", jnp.tanh)
    gradients = Model(jnp.asarray([0.5, -1.0]), None, None, None, None)
    _check(descend, "a model with integers, a number and a string", model, gradients, 2.0)

    frozen = eqx.tree_at(lambda m: m.weight, linear, None)
    _check(
        descend, "a linear layer whose weight is frozen (its gradient is None)", linear, frozen, 1
    )


def _check(descend, name, model, gradients, rate):
    try:
        found = descend(model, gradients, rate)
    except (TypeError, ValueError, AttributeError) as error:
        raise AssertionError(
            f"For {name}, `descend` raised {type(error).__name__}: {str(error)[:300]}. See what "
            "`p` and `g` are at the leaves without a gradient."
        ) from error
    assert found is not None, "`descend` returned None. Does it return the new model?"
    is_none = {"is_leaf": lambda leaf: leaf is None}
    leaves = {_path(path): leaf for path, leaf in jax.tree_util.tree_leaves_with_path(found)}
    steps = jax.tree_util.tree_leaves_with_path(gradients, **is_none)
    steps = {_path(path): leaf for path, leaf in steps}
    for path, old in ((_path(p), leaf) for p, leaf in jax.tree_util.tree_leaves_with_path(model)):
        assert path in leaves, (
            f"For {name}, `model{path}` is gone after the step. It was {old}. Where there is "
            "no gradient, the leaf is to stay."
        )
        new, gradient = leaves[path], steps.get(path)
        if gradient is None:
            kept = new is old or (eqx.is_array(old) and np.array_equal(new, old))
            assert kept, (
                f"For {name}, `model{path}` was {old} and is {new} after the step, although its "
                "gradient is None."
            )
            continue
        expected = np.asarray(old - rate * gradient)
        assert expected.shape == np.shape(new), (
            f"For {name}, `model{path}` has shape {np.shape(new)} after the step, and had "
            f"{expected.shape} before."
        )
        assert np.allclose(new, expected, atol=1e-5), (
            f"For {name} and rate {rate}, `model{path}` was\n{old}\nwith the gradient\n{gradient}\n"
            f"and is\n{new}\nafter the step. See the formula p - rate * g, sign and rate included."
        )
    extra = [path for path in leaves if path not in _paths(model)]
    assert not extra, f"For {name}, the new model has leaves that the old one has not: {extra}."


def _paths(tree):
    return [_path(path) for path, _ in jax.tree_util.tree_leaves_with_path(tree)]


def _path(path):
    return jax.tree_util.keystr(path)
