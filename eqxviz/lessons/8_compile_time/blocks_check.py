import re
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

import eqxcore as eqx


def check(answer):
    deep, block = (getattr(answer, name, None) for name in ("Deep", "Block"))
    assert callable(deep), (
        "There is no class `Deep`. Define it, to be made by `Deep(depth, width, key)`."
    )
    assert isinstance(block, type), "There is no class `Block`. Keep the one that was given."

    model: Any = deep(4, 5, jr.key(1))
    blocks = getattr(model, "blocks", None)
    assert isinstance(blocks, block), (
        f"`blocks` of the model is of type `{type(blocks).__name__}`, and is to be one `Block`, a "
        "stack. See what makes it in `__init__`."
    )
    weight = model.blocks.linear.weight
    assert weight.shape == (4, 5, 5), (
        f"With depth 4 and width 5, `blocks.linear.weight` has shape {weight.shape}, and is to "
        "have (4, 5, 5). See over what the stack is made."
    )
    assert not np.allclose(weight[0], weight[1]), (
        "The first two blocks have the same initial values. Each is to have a key of its own."
    )
    x = jr.normal(jr.key(2), (5,))
    found = _call(model, x)
    _check_output(found, blocks, x)
    _check_gradient(model, x)
    _check_size(deep)


def _call(model, x):
    try:
        return np.asarray(model(x))
    except (TypeError, ValueError) as error:
        raise AssertionError(
            f"The model failed for `x` of shape {x.shape}: {error}\nSee what is scanned over, "
            "and what a turn gets and returns."
        ) from error


def _check_output(found, blocks, x):
    assert found.shape == x.shape, (
        f"The model returned shape {found.shape} for `x` of shape {x.shape}. A scan returns two "
        "values, the last carry and the stacked outputs: see which you return."
    )
    parts, static = eqx.partition(blocks, eqx.is_array)
    for i in range(4):
        x = eqx.combine(jax.tree.map(lambda leaf, i=i: leaf[i], parts), static)(x)
    assert np.allclose(found, x, atol=1e-5), (
        f"The model returned {found[:3]}..., and its four blocks, one after the other, give "
        f"{np.asarray(x)[:3]}... See that every block is applied to what the one before returned."
    )


def _check_gradient(model, x):
    gradients = eqx.filter_grad(lambda model: jnp.sum(model(x)))(model)
    weight = gradients.blocks.linear.weight
    norms = [0.0] * 4 if weight is None else [float(jnp.linalg.norm(each)) for each in weight]
    assert min(norms) > 1e-6, (
        f"The gradients of the four weights have the norms {[round(n, 4) for n in norms]}: some "
        "block is not trained. See where its arrays go."
    )


def _check_size(deep):
    counts = []
    for depth in (3, 12):
        model = deep(depth, 4, jr.key(3))
        counts.append(len(re.findall(r"\s=\s", str(jax.make_jaxpr(model)(jnp.ones(4))))))
    assert counts[0] == counts[1], (
        f"The model traces to {counts[0]} equations at depth 3 and to {counts[1]} at depth 12: a "
        "loop is run by Python. See what applies the blocks."
    )
