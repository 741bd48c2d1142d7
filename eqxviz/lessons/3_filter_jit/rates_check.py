import jax
import jax.numpy as jnp
import numpy as np

import eqxcore as eqx

CALLS = []


class Counting(eqx.Module):
    """Counts how often Python runs its call: once for each trace."""

    weight: jax.Array

    def __call__(self, x):
        CALLS.append(x)
        return self.weight * x + 1


def check(answer):
    run = getattr(answer, "run", None)
    assert callable(run), "There is no function `run`. Define `run(model, x, rates)`."
    CALLS.clear()
    for rates in ([0.3, 0.25, 0.2, 0.15, 0.1, 0.05], [0.6, 0.5, 0.25, 0.125, 0.0625, 0.03]):
        model, x = Counting(jnp.asarray(2.0)), jnp.asarray([1.0, -2.0])
        expected = np.asarray(x)
        for rate in rates:
            expected = expected - rate * (2 * expected + 1)
        before = len(CALLS)
        found = run(model, x, rates)
        ran = len(CALLS) - before
        assert found is not None, "`run` returned None. Does it return the last `x`?"
        assert np.shape(found) == (2,), (
            f"For `x` of shape (2,), `run` returned shape {np.shape(found)}. Is it the last `x`?"
        )
        assert np.allclose(found, expected, atol=1e-5), (
            f"For model(x) = 2x + 1, x = {x} and rates = {rates}, `run` returned {found}, and "
            f"before the change {expected}. Each step is to use its own rate."
        )
        assert ran <= 2, (
            f"For {len(rates)} rates, Python ran the model {ran} times. A compiled function is run "
            "by Python when it is traced: see what differs from one call of it to the next, and "
            "that there is one compiled function for all of them."
        )
    assert all(isinstance(x, jax.core.Tracer) for x in CALLS), (
        "Python ran the model on arrays with values: the steps are not compiled any more."
    )
