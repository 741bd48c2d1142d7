"""What layers say of arguments that do not fit them."""

import operator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def check_sizes(layer: Any, *, least: int = 0, **sizes: Any) -> None:
    """Raise an error unless each of `sizes` is a whole number that is at least `least`.

    Raises:
        TypeError: If one is no whole number.
        ValueError: If one is too small.
    """
    for name, size in sizes.items():
        try:
            whole = operator.index(size)
        except TypeError:
            raise TypeError(
                f"`{type(layer).__name__}({name}={size!r})`: `{name}` must be a whole number, and "
                f"is of type `{type(size).__name__}`. Give it as an `int`; `//` divides without "
                "making a `float`."
            ) from None
        if whole < least:
            raise ValueError(
                f"`{type(layer).__name__}({name}={size!r})`: `{name}` must be at least {least}."
            )


def check_key(layer: Any, key: Any) -> None:
    """Raise a `TypeError` if `key` is nothing that random numbers can be drawn with."""
    if not isinstance(key, (jax.Array, np.ndarray)):
        raise TypeError(
            f"`{type(layer).__name__}(key={key!r})`: the initial values are drawn with `key`, "
            f"which must be a key and is of type `{type(key).__name__}`. Pass "
            "`key=jax.random.key(0)`, or one of those that `jax.random.split(key)` returns."
        )


def misfit(layer: Any, name: str, value: Any, dimensions: tuple[str, ...]) -> str | None:
    """Return what is wrong with the shape of an argument, and what to do; `None` if nothing is.

    Args:
        name: Of the argument.
        dimensions: What each dimension is called. Its size is the attribute of `layer` of that
            name; if it has none, then any size will do.
    """
    cls = type(layer).__name__
    sizes = tuple(getattr(layer, dimension, None) for dimension in dimensions)
    called = f"({', '.join(dimensions)}{',' * (len(dimensions) == 1)})"
    wanted = f"`{cls}` takes an array of shape `{called}`"
    if any(size is not None for size in sizes):
        known = ", ".join(
            f"{dimension}={size}"
            for dimension, size in zip(dimensions, sizes, strict=True)
            if size is not None
        )
        wanted += f" with `{known}`"
    wanted += f" as `{name}`"
    if not hasattr(value, "shape") and not isinstance(value, (bool, int, float, complex)):
        advice = " Pass `jnp.asarray(...)` of it." if isinstance(value, (list, tuple)) else ""
        return f"{wanted}, and was given a `{type(value).__name__}`.{advice}"
    shape = tuple(jnp.shape(value))
    if _fits(shape, sizes):
        return None
    extra = len(shape) - len(sizes)
    if extra > 0 and _fits(shape[extra:], sizes):
        mapped = "jax.vmap(" * extra + "layer" + ")" * extra
        advice = (
            f"A layer works on a single example: map it over the leading "
            f"{'axis' if extra == 1 else f'{extra} axes'} by `{mapped}(...)`."
        )
    elif extra == -1 and _fits((1, *shape), sizes):
        advice = f"Add the axis that is missing by `{name}[None]`."
    elif extra == 0 and len(sizes) > 1 and _fits((shape[-1], *shape[:-1]), sizes):
        advice = f"Channels come first: pass `jnp.moveaxis({name}, -1, 0)`."
    elif extra == 1 and shape[:-1] == sizes:
        advice = f"Is it a batch, transposed? Then use `jax.vmap(layer)({name}.T)`."
    elif extra > 0:
        advice = (
            "A layer works on a single example: use `jax.vmap(layer)(...)` for a batch, the axes "
            "of each example being as above."
        )
    elif None not in sizes:
        advice = f"Pass an array of shape `{sizes}`, or make the layer for this one."
    else:
        advice = "Pass an array of that shape, or make the layer for this one."
    return f"{wanted}, and was given one of shape `{shape}`. {advice}"


def _fits(shape: tuple[int, ...], sizes: tuple[int | None, ...]) -> bool:
    return len(shape) == len(sizes) and all(
        size is None or size == actual for actual, size in zip(shape, sizes, strict=True)
    )


def explain(error: Exception, layer: Any, **arguments: tuple[Any, tuple[str, ...]]) -> None:
    """Raise `error` anew, naming the first argument whose shape does not fit; else return.

    Asked once a computation has failed, so that whatever works goes on working: a layer whose
    parameters were replaced may take other shapes than those it was made for.

    Args:
        arguments: By name, the value and what its dimensions are called, as for `misfit`.
    """
    for name, (value, dimensions) in arguments.items():
        message = misfit(layer, name, value, dimensions)
        if message is not None:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(message) from None
