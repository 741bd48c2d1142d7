from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np

import eqxcore as eqx


class _Probe(eqx.Module):
    """A model that counts how often it is called: once in each trace."""

    weight: jax.Array
    activation: Callable[[jax.Array], jax.Array]
    count: list = eqx.field(static=True)

    def __call__(self, x):
        self.count.append(x.shape)
        return self.activation(self.weight @ x)


def check(answer):
    make_step, optim = (getattr(answer, name, None) for name in ("make_step", "optim"))
    assert callable(make_step), (
        "There is no function `make_step`. Define `make_step(model, opt_state, x, y)`."
    )
    assert optim is not None, "There is no `optim`: keep the optimiser as it was given."
    model = _Probe(jr.normal(jr.key(5), (2, 3)), jnp.tanh, _Count())
    x, y = jr.normal(jr.key(6), (11, 3)), jr.normal(jr.key(7), (11, 2))
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
    found: Any = (None, model, opt_state)
    expected: Any = found
    n_traces = []
    for i in range(3):
        expected = _step(optim, expected[1], expected[2], x, y)
        model.count.clear()
        found = _call(make_step, found[1], found[2], x, y)
        n_traces.append(len(model.count))
        _check_result(found, expected, i + 1)
    assert n_traces[1:] == [0, 0], (
        f"In three calls with arrays of the same shapes the model was run by Python {n_traces} "
        "times. A compiled function runs it in the first call only: look at what is compiled, and "
        "whether it is compiled anew in each call."
    )
    outside = _outside(make_step, model, opt_state, x, y)
    assert len(outside) <= 2, (
        f"`make_step` does {len(outside)} operations outside of any compiled function: "
        f"{', '.join(outside[:4])}... Compile all of the step, not only a part of it."
    )


class _Count(list):
    """A list that is equal to itself only, so that it can be a static field."""

    __hash__ = object.__hash__  # type: ignore[assignment]
    __eq__ = object.__eq__


def _call(make_step, model, opt_state, x, y):
    try:
        found = make_step(model, opt_state, x, y)
    except (TypeError, ValueError, AttributeError, NameError) as error:
        raise AssertionError(
            f"`make_step` failed with a model whose activation function is a leaf: {error}\nSee "
            "which leaves each of your calls is given."
        ) from error
    size = len(found) if isinstance(found, tuple | list) else 1
    assert size == 3, (
        f"`make_step` returned {size} values, and is to return three: loss, model and state."
    )
    return found


def _check_result(found, expected, n):
    loss, model, opt_state = found
    assert jnp.shape(loss) == (), (
        f"The first result has shape {jnp.shape(loss)}; the loss is one number. See in which "
        "order the results are returned."
    )
    assert np.allclose(loss, expected[0], rtol=1e-4), (
        f"In step {n} the loss is {loss:.5f}, and before the step it was {expected[0]:.5f}. See "
        "at which model the loss is taken, and that the model of the last step is used."
    )
    assert isinstance(model, _Probe), (
        f"The second result is a {type(model).__name__}, and is to be the model after the step."
    )
    assert np.allclose(model.weight, expected[1].weight, atol=1e-5), (
        f"After step {n} the first weight is {model.weight[0, 0]:.5f}, and `optim` makes it "
        f"{expected[1].weight[0, 0]:.5f}. See what `update` is given, and what you do with what it "
        "returns."
    )
    counts = [_count(state) for state in (opt_state, expected[2])]
    assert counts[0] == counts[1], (
        f"After step {n} the optimiser's state has counted {counts[0]} steps instead of "
        f"{counts[1]}. Which state do you return?"
    )


def _count(state):
    integers = [
        leaf
        for leaf in jax.tree.leaves(state)
        if eqx.is_array(leaf) and jnp.issubdtype(leaf.dtype, jnp.integer)
    ]
    return max((int(leaf) for leaf in integers), default=0)


def _step(optim, model, opt_state, x, y):
    def loss_fn(model):
        return jnp.mean((jax.vmap(model)(x) - y) ** 2)

    loss, gradients = eqx.filter_value_and_grad(loss_fn)(model)
    params = eqx.filter(model, eqx.is_inexact_array)
    updates, opt_state = optim.update(gradients, opt_state, params)
    return loss, eqx.apply_updates(model, updates), opt_state


def _outside(make_step, *args):
    arrays, rest = eqx.partition(args, eqx.is_array)

    def run(arrays):
        return eqx.filter(make_step(*eqx.combine(arrays, rest)), eqx.is_array)

    equations = jax.make_jaxpr(run)(arrays).jaxpr.eqns
    names = [equation.primitive.name for equation in equations]
    return [name for name in names if name not in ("jit", "pjit", "closed_call")]
