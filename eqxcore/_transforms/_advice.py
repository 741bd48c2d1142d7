"""What to do about the errors of JAX that users of filtered transformations meet most often."""

import re
from typing import Any

import jax
from jax.errors import (
    ConcretizationTypeError,
    TracerArrayConversionError,
    TracerBoolConversionError,
    TracerIntegerConversionError,
    UnexpectedTracerError,
)

from eqxcore._transforms._naming import function_name, leaf_names
from eqxcore._types import summary

#: By class; the first that fits is taken.
_OF_KINDS = (
    (
        TracerBoolConversionError,
        "To choose by a traced value use `jnp.where` or `jax.lax.cond`. What `if` is to see must "
        "be a Python value, which `filter_jit` treats as static.",
    ),
    (
        TracerIntegerConversionError,
        "Pass a Python `int`, which `filter_jit` treats as static; or use what takes a traced one, "
        "such as `jax.lax.fori_loop` and `jnp.take`.",
    ),
    (TracerArrayConversionError, "Use `jax.numpy` in place of NumPy on traced values."),
    (
        ConcretizationTypeError,
        "Keep the value an array, or pass a Python value, which `filter_jit` treats as static.",
    ),
    (
        UnexpectedTracerError,
        "A traced value lives as long as the call that traces it: return it from the function, "
        "instead of keeping it in a list, a global or an object.",
    ),
)
#: By a pattern of JAX's message. `\\1` is the pattern's first group.
_OF_MESSAGES = (
    (
        r"zeros_like requires ndarray or scalar arguments, got <class '[^']*'>",
        "If an optimiser was given a whole model, which may hold functions as well as arrays: give "
        "it the arrays it is to train, `optim.init(filter(model, is_inexact_array))`.",
    ),
    (
        r"not a valid JAX type|Error interpreting argument to .* as an abstract array",
        "What is no array was given to a transformation of JAX itself. Use its filtered form "
        "(`filter_jit`, `filter_grad`, `filter_vmap`, ...); or pass arrays alone, such as the "
        "first of `partition(model, is_array)`, and `combine` them with the rest inside.",
    ),
    (
        r"unbound axis name:? '?(\w+)",
        r"The axis exists inside `jax.vmap(..., axis_name='\1')` and "
        r"`filter_vmap(..., axis_name='\1')` only: call it there.",
    ),
)
#: What a function to differentiate has to return, by what JAX says of what it did return.
_OF_LOSSES = (
    (
        "Output had shape",
        "take the mean or the sum of what it returns, as by `jnp.mean(...)`; the derivative of "
        "several numbers is `filter_jacrev`",
    ),
    ("Output was None", "if it computes one, its `return` is missing"),
    (
        "Output was (",
        "if the first of these is the loss, and the rest comes with it, then return `loss, rest` "
        "and give `has_aux=True`",
    ),
    ("Output was", "return an array of shape `()`"),
    ("but got complex", "return a real number, such as `jnp.real(...)` or `jnp.abs(...)`"),
    (
        "requires real-valued outputs",
        "comparisons, `argmax`, counts and casts to `int` have no derivative",
    ),
)
_DELETED = re.compile("deleted or donated|has been deleted")


def advise(error: Exception) -> None:
    """Add to `error` what to do about it, if that is known and was not added before."""
    advice = next((text for kind, text in _OF_KINDS if isinstance(error, kind)), None)
    if advice is None:
        found = ((re.search(pattern, str(error)), text) for pattern, text in _OF_MESSAGES)
        advice = next((match.expand(text) for match, text in found if match), None)
    if advice is not None and advice not in getattr(error, "__notes__", ()):
        error.add_note(advice)


def note_loss(error: Exception, fun: Any) -> None:
    """Add to `error` what `fun` has to return to have a gradient, if that is what it is about."""
    advice = next((text for said, text in _OF_LOSSES if said in str(error)), None)
    if advice is not None:
        error.add_note(f"`{function_name(fun)}` must return one floating-point number: {advice}.")


def note_deleted(error: Exception, leaves: list[Any], treedef: Any) -> None:
    """Add to `error` which of the arrays of a call are gone, if that is what it is about."""
    if _DELETED.search(str(error)) is None:
        return
    gone = [
        f"`{name}`, {summary(leaf)},"
        for name, leaf in zip(leaf_names(leaves, treedef), leaves, strict=True)
        if isinstance(leaf, jax.Array) and leaf.is_deleted()
    ]
    if gone:
        others = f" (and {len(gone) - 1} more)" if len(gone) > 1 else ""
        error.add_note(
            f"{gone[0]} was donated to an earlier call{others}, which may have written its result "
            "there. Use what that call returned, or compile it without `donate`."
        )
