import re

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np


def check(answer):
    table = getattr(answer, "table", None)
    assert callable(table), "There is no function `table`. Define `table(us, vs)`."

    us, vs = jr.normal(jr.key(10), (5, 3)), jr.normal(jr.key(11), (2, 3))
    try:
        found = jnp.asarray(table(us, vs))
    except (TypeError, ValueError) as error:
        raise AssertionError(
            "`table` could not be called with `us` of shape (5, 3) and `vs` of shape (2, 3): "
            f"{_sentence(error)} The two differ in length, so that no one axis maps over both."
        ) from error
    assert found.shape == (5, 2), (
        f"For `us` of shape (5, 3) and `vs` of shape (2, 3), `table` returned an "
        f"array of shape {found.shape} instead of (5, 2). The rows "
        "belong to `us`, the columns to `vs`: see which argument is mapped by the outer `vmap`."
    )
    expected = np.exp(-np.sum((np.asarray(us)[:, None] - np.asarray(vs)) ** 2, axis=-1))
    i, j = np.unravel_index(np.argmax(np.abs(np.asarray(found) - expected)), expected.shape)
    assert np.allclose(found, expected, atol=1e-5), (
        f"table(us, vs)[{i}, {j}] is {found[i, j]:.4f}, and similarity(us[{i}], vs[{j}]) is "
        f"{expected[i, j]:.4f}. Each element is to come from one row of `us` and one row of `vs`."
    )

    small, large = (_n_equations(table, n, n + 1) for n in (2, 6))
    assert small == large, (
        f"`table` traces to {small} equations for 2 by 3 vectors and to {large} for 6 by 7. A "
        "Python loop is unrolled by tracing, one copy for each turn: look for the `for`."
    )


def _n_equations(table, n, m):
    jaxpr = jax.make_jaxpr(table)(jnp.ones((n, 3)), jnp.ones((m, 3)))
    return len(re.findall(r"\s=\s", str(jaxpr)))


def _sentence(error):
    return str(error).rstrip(".") + "."
