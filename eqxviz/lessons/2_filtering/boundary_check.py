from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

import eqxcore as eqx

CALLS = []


class Counting(eqx.Module):
    """Counts how often Python runs its call: once for each trace."""

    weight: jax.Array
    layers: tuple
    activation: Callable

    def __init__(self, weight, activation):
        self.weight = jnp.asarray(weight)
        self.layers = (jnp.asarray(1.0), "name")
        self.activation = activation

    def __call__(self, x):
        CALLS.append(type(x).__name__)
        return self.activation(self.weight * x) + self.layers[0]


def check(answer):
    compiled = getattr(answer, "compiled", None)
    assert callable(compiled), "There is no function `compiled`. Define `compiled(model, x)`."
    x = jnp.asarray([-1.0, 2.0])
    CALLS.clear()

    _compare(compiled, 2.0, jnp.abs, x)
    traced = len(CALLS)
    _compare(compiled, 3.0, jnp.abs, x)
    _compare(compiled, 4.0, jnp.abs, x + 1)
    assert len(CALLS) == traced, (
        f"Python ran the model {traced} time(s) at the first call, and {len(CALLS) - traced} "
        "time(s) more for two models with other values in the same arrays. A compiled function is "
        "run by Python only when it is traced. Is there a `jax.jit` around the call, is it made "
        "once, and are the arrays among its traced arguments?"
    )
    _compare(compiled, 2.0, jnp.sign, x)
    _compare(compiled, 2.0, jnp.abs, x)


def _compare(compiled, weight, activation, x):
    model = Counting(weight, activation)
    expected = activation(model.weight * x) + 1
    try:
        found = compiled(model, x)
    except (TypeError, ValueError) as error:
        raise AssertionError(
            f"For a model with an array, a tuple, a string and a function, `compiled` raised "
            f"{type(error).__name__}: {str(error)[:300]}. See which leaves `jax.jit` is given."
        ) from error
    assert found is not None, "`compiled` returned None. Does it return its result?"
    assert np.array_equal(found, expected), (
        f"For weight {weight}, activation `{activation.__name__}` and x = {x}, `compiled` returned "
        f"{found} instead of {expected}. Is a part of an earlier model used in place of this one's?"
    )
