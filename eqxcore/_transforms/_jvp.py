"""Jacobian-vector and vector-Jacobian products of functions of arbitrary PyTrees."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
from jax.custom_derivatives import SymbolicZero

from eqxcore._filters import (
    combine,
    is_array,
    is_array_like,
    is_inexact_array,
    is_inexact_array_like,
    partition,
)
from eqxcore._types import summary


def _is_none(node: Any) -> bool:
    return node is None


def filter_jvp(
    fn: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], **kwargs: Any
) -> tuple[Any, Any]:
    """Return `fn(*primals, **kwargs)` and its derivative in the direction `tangents`.

    As `jax.jvp`, for any PyTrees. The derivative has the structure of the result, with `None` for
    what has none: anything but floating-point and complex arrays, and arrays on which the tangents
    have no influence.

    Args:
        tangents: A PyTree with the structure of `primals`: for a leaf of a floating-point or
            complex type (Python numbers included) its tangent, or `None` for zero; `None` for every
            other leaf.
        kwargs: Further arguments of `fn`; they are not differentiated.

    Raises:
        ValueError: If the structures of `primals` and `tangents` differ.
    """
    leaves, structure = jtu.tree_flatten(tuple(primals), is_leaf=_is_none)
    directions, tangent_structure = jtu.tree_flatten(tuple(tangents), is_leaf=_is_none)
    if structure != tangent_structure:
        raise ValueError(
            "primals and tangents must have the same pytree structure, but\n"
            f"primals are  {structure}\nand tangents {tangent_structure}.\n"
            "Give `None` as the tangent of each leaf that is not differentiated."
        )
    out = _Differentiated()

    def function(moving: list[Any], pulse: Any) -> tuple[list[Any], Any]:
        given = iter(moving)
        filled = [
            leaf if direction is None else next(given)
            for leaf, direction in zip(leaves, directions, strict=True)
        ]
        return out.split(fn(*structure.unflatten(filled), **kwargs), pulse)

    moving = [
        leaf for leaf, direction in zip(leaves, directions, strict=True) if direction is not None
    ]
    given = [direction for direction in directions if direction is not None]
    try:
        values, derivatives = jax.jvp(function, (moving, 0.0), (given, 1.0))
    except (TypeError, ValueError) as error:
        _note_misfit(error, primals, tangents)
        raise
    return out.join(values, derivatives)


def _note_misfit(error: Exception, primals: Any, tangents: Any) -> None:
    """Add to `error` which tangent does not fit its primal, if one does not."""
    if not isinstance(primals, (tuple, list)):
        error.add_note(
            f"`primals` is {summary(primals)}, taken as a sequence of arguments. A single argument "
            "is written `(x,)`, and its tangent `(t,)`."
        )
        return
    leaves = jtu.tree_leaves(tuple(primals), is_leaf=_is_none)
    for (path, tangent), primal in zip(
        jtu.tree_leaves_with_path(tuple(tangents), is_leaf=_is_none), leaves, strict=True
    ):
        if tangent is None:
            continue
        where = f"`tangents{jtu.keystr(path)}` is {summary(tangent)}"
        if not is_inexact_array_like(primal):
            error.add_note(
                f"{where}, and its primal is {summary(primal)}, which is not differentiated. Give "
                "`None` as the tangent of what is no floating-point or complex array."
            )
            return
        if not is_array_like(tangent) or (
            (jnp.shape(tangent), jnp.result_type(tangent))
            != (jnp.shape(primal), jnp.result_type(primal))
        ):
            error.add_note(
                f"{where}, and its primal is {summary(primal)}. Give a tangent of the shape and "
                "dtype of its primal, or `None` for zero."
            )
            return


class _Differentiated:
    """Takes a result apart where it is differentiated, and puts it together outside."""

    def split(self, out: Any, pulse: Any) -> tuple[list[Any], Any]:
        """Return the arrays of `out` that can have a tangent, noting which do, and the others.

        A rule for forward differentiation is told which tangents are zero for certain. It is asked
        here about the innermost differentiation, which `pulse` makes sure to take part.
        """
        moving, others = partition(out, is_inexact_array)
        still, self.rest = partition(others, is_array)
        leaves, self.structure = jtu.tree_flatten(moving)
        answers: list[list[bool]] = []

        @jax.custom_jvp
        def ask(leaves: list[Any], pulse: Any) -> list[Any]:
            return leaves

        def rule(primals: Any, tangents: Any) -> Any:
            moves = [not isinstance(tangent, SymbolicZero) for tangent in tangents[0]]
            answers.append(moves)
            return primals[0], [
                tangent if known else jnp.zeros_like(primal)
                for primal, tangent, known in zip(primals[0], tangents[0], moves, strict=True)
            ]

        ask.defjvp(rule, symbolic_zeros=True)
        asked = ask(leaves, pulse)
        self.moves = answers[0]
        return asked, still

    def join(self, values: Any, derivatives: Any) -> tuple[Any, Any]:
        """Return the result and its derivative."""
        moving, still = values
        value = combine(self.structure.unflatten(moving), still, self.rest)
        kept = [
            derivative if moves else None
            for derivative, moves in zip(derivatives[0], self.moves, strict=True)
        ]
        return value, self.structure.unflatten(kept)


def filter_vjp(fun: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """Return `fun(*primals)` and a function from cotangents of that to cotangents of `primals`.

    As `jax.vjp`, for any PyTrees. Floating-point and complex arrays are differentiated. Cotangents
    have the structure of what they belong to, with `None` for all other leaves.

    Args:
        has_aux: `fun` returns a pair, the value to differentiate and anything else, which is then
            returned as a third.
    """
    differentiable, other = partition(primals, is_inexact_array)
    static: Any = None

    def function(*differentiable: Any) -> Any:
        nonlocal static
        out = fun(*combine(differentiable, other))
        value, aux = out if has_aux else (out, None)
        moving, still = partition(value, is_inexact_array)
        arrays, static = partition((still, aux), is_array)
        return moving, arrays

    moving, vjp, arrays = jax.vjp(function, *differentiable, has_aux=True)
    still, aux = combine(arrays, static)
    value = combine(moving, still)
    return (value, vjp, aux) if has_aux else (value, vjp)
