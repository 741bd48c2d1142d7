"""Which equations a replay enters, and which it runs as they are, or not at all."""

from collections.abc import Iterator, Sequence
from typing import Any

from eqxviz.analysis import compat
from eqxviz.analysis.primitives import nested_jaxprs
from eqxviz.analysis.replay.rows import Block, Rows

# They run their one jaxpr once, on their own inputs.
_CALLS = (
    *("jit", "pjit", "closed_call", "core_call", "call", "xla_call", "remat", "remat2"),
    *("checkpoint", "custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr"),
    *("custom_vmap_call", "custom_lin", "composite", "eval_jaxpr", "linear_call"),
    *("program_order", "xla_metadata_call"),
)
_WATCHING = ("debug_callback", "debug_print")


class NotReplayedError(Exception):
    """Raised where what is asked for cannot be computed again; the text says why."""


def called(rows: Rows, row: int) -> Block | None:
    """Return the jaxpr that an equation runs once; None if it is no such call."""
    blocks, primitive = rows.inside(row), rows.primitive(row)
    if primitive == "custom_linear_solve":
        # Only `solve` runs; the others are there for the derivatives.
        return next(block for block in blocks if block.nested and block.nested.repeats)
    if primitive not in _CALLS or len(blocks) != 1:
        return None
    n_inputs = len(rows.equation(row).invars)
    is_whole = len(blocks[0].jaxpr.invars) == n_inputs
    return blocks[0] if is_whole else None


def inputs_called_with(rows: Rows, row: int) -> Sequence[int]:
    """Return which inputs of the equation those of the jaxpr are that it calls."""
    equation = rows.equation(row)
    n_inputs = len(equation.invars)
    if rows.primitive(row) != "custom_linear_solve":
        return range(n_inputs)
    lengths = equation.params["const_lengths"]
    start = lengths.matvec + lengths.vecmat
    return [*range(start, start + lengths.solve), *range(sum(lengths), n_inputs)]


def is_entered(rows: Rows, row: int) -> bool:
    """Whether what is nested in an equation is seen."""
    if row in rows.in_place:
        return False
    is_known = rows.is_loop(row) or rows.primitive(row) == "cond"
    return is_known or called(rows, row) is not None


def is_left_out(equation: Any) -> bool:
    """Whether an equation only shows something, which a replay must not do again."""
    name = equation.primitive.name
    return name in _WATCHING or (name == "io_callback" and not equation.outvars)


def why_not_run(equation: Any, line: str) -> str:
    """Return why an equation that is not entered cannot be run again, "" if it can.

    `line` says where the user made it: " at train.py:12".
    """
    asking = next(_asking(equation), None)
    if asking is None:
        return ""
    function = compat.callback_of(asking.params.get("callback"))
    name = getattr(function, "__name__", "a function")
    return (
        f"The call asked {name} for values by io_callback{line}, which may answer otherwise each "
        "time and change things; a replay does not ask it again, so nothing that follows from its "
        "values is known. Use jax.pure_callback if the function does no more than compute."
    )


def _asking(equation: Any) -> Iterator[Any]:
    """Yield what of an equation asks the outside for values: itself, or those nested in it."""
    if not equation.effects:
        return
    if equation.primitive.name == "io_callback" and equation.outvars:
        yield equation
    for nested in nested_jaxprs(equation):
        for inner in nested.jaxpr.eqns:
            yield from _asking(inner)
