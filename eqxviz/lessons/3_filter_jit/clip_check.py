import jax
import jax.numpy as jnp
import numpy as np

CASES = [
    ([3.0, 4.0], 1.0, [0.6, 0.8]),
    ([0.3, 0.4], 1.0, [0.3, 0.4]),
    ([-6.0, 8.0], 5.0, [-3.0, 4.0]),
    ([2.0, 0.0], 3.0, [2.0, 0.0]),
    ([0.0, 0.0], 1.0, [0.0, 0.0]),
    ([1.0, 2.0, 2.0], 1.5, [0.5, 1.0, 1.0]),
]


def check(answer):
    clip = getattr(answer, "clip", None)
    assert callable(clip), "There is no function `clip`. Define `clip(x, limit)`."
    for name, called, convert in (
        ("a Python number as the limit", clip, float),
        ("an array as the limit", clip, jnp.asarray),
        ("a call inside a compiled function", jax.jit(clip), float),
    ):
        for x, limit, expected in CASES:
            try:
                found = called(jnp.asarray(x), convert(limit))
            except (TypeError, ValueError) as error:
                raise AssertionError(
                    f"With {name}, clip({x}, {limit}) raised {type(error).__name__}: "
                    f"{str(error)[:200]}. See which line needs the value of an array."
                ) from error
            assert found is not None, "`clip` returned None. Does it return its result?"
            assert np.shape(found) == np.shape(expected), (
                f"With {name}, clip({x}, {limit}) has shape {np.shape(found)}, and `x` has shape "
                f"{np.shape(expected)}."
            )
            norm = float(np.linalg.norm(x))
            assert np.allclose(found, expected, atol=1e-5), (
                f"With {name}, clip({x}, {limit}) is {np.asarray(found)}. The norm of `x` is "
                f"{norm:g}, which is {'more' if norm > limit else 'not more'} than the limit: the "
                f"result is to be {np.asarray(expected)}."
            )
