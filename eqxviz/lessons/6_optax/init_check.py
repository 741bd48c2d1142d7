import jax
import jax.numpy as jnp
import jax.random as jr

import eqxcore as eqx


class _Counted(eqx.Module):
    linear: eqx.nn.Linear
    n_calls: jax.Array
    name: str

    def __call__(self, x):
        return self.linear(x)


def check(answer):
    start = getattr(answer, "start", None)
    assert callable(start), "There is no function `start`. Define `start(model)`."

    linear = eqx.nn.Linear(3, 2, key=jr.key(0))
    _check_state(start, linear, "a `Linear`")
    mlp = eqx.nn.MLP(3, 1, 4, 2, key=jr.key(1))
    _check_state(start, mlp, "an `MLP`, which has activation functions among its leaves")
    counted = _Counted(linear, jnp.array(0), "counted")
    _check_state(start, counted, "a model with an integer array and a string among its leaves")


def _check_state(start, model, what):
    try:
        state = start(model)
    except (TypeError, ValueError, AttributeError) as error:
        raise AssertionError(
            f"`start` failed for {what}: {error}\nThe optimiser takes floating-point arrays only: "
            "look at what `init` is given."
        ) from error
    params = eqx.filter(model, eqx.is_inexact_array)
    arrays = jax.tree.leaves(eqx.filter(state, eqx.is_array))
    found = sum(leaf.size for leaf in arrays if jnp.issubdtype(leaf.dtype, jnp.inexact))
    size = sum(leaf.size for leaf in jax.tree.leaves(params))
    assert found == 2 * size, (
        f"For {what} the state holds {found} floating-point numbers. There are {size} parameters, "
        f"and Adam keeps two numbers for each, {2 * size} in all: look at which leaves pass."
    )
    moments = [leaf.shape for leaf in arrays if not jnp.issubdtype(leaf.dtype, jnp.inexact)]
    assert len(moments) == 1, (
        f"For {what} the state holds {len(moments)} integer arrays, of shapes {moments}. One is "
        "Adam's own count; no other integer has a gradient, and so none has moments. Which "
        "leaves does the filter let pass?"
    )
