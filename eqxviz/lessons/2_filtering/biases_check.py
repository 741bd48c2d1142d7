from collections.abc import Callable

import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


class Deep(eqx.Module):
    """Biases at several depths, arrays of the same shape that are none, and other leaves."""

    gain: jax.Array
    blocks: dict
    activation: Callable
    name: str


def _model(key):
    keys = jr.split(key, 4)
    return Deep(
        gain=jnp.ones(3),
        blocks={
            "mlp": eqx.nn.MLP(3, 3, width_size=3, depth=1, key=keys[0]),
            "pair": (eqx.nn.Linear(3, 1, key=keys[1]), jnp.zeros(1)),
            "plain": eqx.nn.Linear(3, 3, use_bias=False, key=keys[2]),
        },
        activation=jax.nn.relu,
        name="deep",
    )


def check(answer):
    split = getattr(answer, "split", None)
    assert callable(split), "There is no function `split`. Define `split(model)`."
    _check(split, "Linear(2, 3)", eqx.nn.Linear(2, 3, key=jr.key(1)), [".bias"])
    mlp = eqx.nn.MLP(2, 1, width_size=4, depth=2, key=jr.key(2))
    _check(split, "an MLP of depth 2", mlp, [f".layers[{i}].bias" for i in range(3)])
    expected = [
        ".blocks['mlp'].layers[0].bias",
        ".blocks['mlp'].layers[1].bias",
        ".blocks['pair'][0].bias",
    ]
    _check(split, "a model with layers at several depths", _model(jr.key(3)), expected)


def _check(split, name, model, expected):
    try:
        found = split(model)
    except (TypeError, ValueError, AttributeError) as error:
        raise AssertionError(
            f"For {name}, `split` raised {type(error).__name__}: {str(error)[:300]}. The model "
            f"is\n{model}"
        ) from error
    is_pair = isinstance(found, tuple | list) and len(found) == 2
    assert is_pair, (
        f"For {name}, `split` returned {type(found).__name__} instead of a pair `(biases, rest)`."
    )
    biases, rest = found
    paths, others = _paths(biases), _paths(rest)
    missing = [path for path in expected if path not in paths]
    too_many = [path for path in paths if path not in expected]
    assert not too_many, (
        f"For {name}, `biases` has {', '.join(too_many)}, which is no bias of an `eqx.nn.Linear`. "
        "See by what `split` tells one."
    )
    assert not missing, (
        f"For {name}, `biases` lacks {', '.join(missing)}. Is a layer found wherever it is?"
    )
    twice = [path for path in others if path in paths]
    assert not twice, (
        f"For {name}, {', '.join(twice)} is in `biases` and in `rest`. Each leaf is to be in one."
    )
    lost = [path for path in _paths(model) if path not in paths and path not in others]
    assert not lost, f"For {name}, {', '.join(lost)} is in neither of the two trees."
    assert eqx.tree_equal(eqx.combine(biases, rest), model), (
        f"For {name}, eqx.combine(biases, rest) is not the model:\n{eqx.combine(biases, rest)}"
    )


def _paths(tree):
    return [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_leaves_with_path(tree)]
