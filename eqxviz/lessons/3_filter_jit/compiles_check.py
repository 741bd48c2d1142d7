import jax.numpy as jnp

import eqxcore as eqx

CALLS = {
    "scale(x, 2.0)": (jnp.ones(3), 2.0),
    "scale(x + 1, 2.0)": (jnp.ones(3) + 1, 2.0),
    "scale(x, 3.0)": (jnp.ones(3), 3.0),
    "scale(jnp.ones(4), 3.0)": (jnp.ones(4), 3.0),
    "scale(x, jnp.asarray(3.0))": (jnp.ones(3), jnp.asarray(3.0)),
    "scale(x, jnp.asarray(4.0))": (jnp.ones(3), jnp.asarray(4.0)),
    "scale(jnp.arange(3), 2.0)": (jnp.arange(3), 2.0),
    "scale(jnp.zeros(4), 3.0)": (jnp.zeros(4), 3.0),
}


def check(answer):
    predicted = getattr(answer, "compiles", None)
    assert predicted is not None, "There is no list `compiles`. Keep its name."
    try:
        predicted = list(predicted)
    except TypeError:
        raise AssertionError(
            f"`compiles` is {predicted!r}, and has to be a list of eight Booleans."
        ) from None
    assert len(predicted) == len(CALLS), (
        f"`compiles` has {len(predicted)} entries, and there are {len(CALLS)} calls."
    )

    traces = []

    @eqx.filter_jit
    def scale(x, factor):
        traces.append(factor)
        return factor * x

    for number, (call, arguments) in enumerate(CALLS.items()):
        before = len(traces)
        scale(*arguments)
        compiled = len(traces) > before
        guess = predicted[number]
        place = f"Call {number + 1}, `{call}`,"
        assert guess in (True, False), (
            f"{place} has the prediction {guess!r} instead of True or False."
        )
        assert bool(guess) == compiled, (
            f"{place} is predicted to {'compile' if guess else 'use what was compiled before'}, "
            f"and it does {'compile' if compiled else 'not compile'}. Compare its arguments with "
            "those of the calls before it: shapes and dtypes of arrays, values of all else."
        )
