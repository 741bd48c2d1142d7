"""Arrays are combined that do not belong together: by an axis of size 1, or by `jax.vmap`.

NumPy's rules stretch an axis of size 1. A model that ends in `Linear(16, 1)` gives predictions of
shape (64, 1) for a batch of 64; targets of shape (64,) count as (1, 64). The difference is of shape
(64, 64): each prediction minus each target. Its mean is a number as ever, so that nothing fails,
and the model learns to predict the mean of all targets.

Give both one shape: let the model end in `eqx.nn.Linear(16, "scalar")`, or take the axis off:

    loss = jnp.mean((predictions[..., 0] - y) ** 2)

In the same way `jax.vmap(loss, in_axes=(None, 0, None))(model, x, y)` gives all targets to each
example. What is mapped over, `y` too, needs a 0:

    losses = jax.vmap(loss, in_axes=(None, 0, 0))(model, x, y)

Where the axes that are mapped differ in size, or `in_axes` does not fit the arguments, `jax.vmap`
raises an error: the sizes have to agree along the axes that `in_axes` names.
"""

import ast
import linecache
from collections.abc import Iterator
from typing import Any

import executing

from eqxviz.doctor.code.frames import call_of
from eqxviz.doctor.evidence import Evidence
from eqxviz.doctor.finding import vmap_errors
from eqxviz.doctor.finding.broadcasts import AccidentalBroadcast, accidental_broadcasts
from eqxviz.doctor.finding.steps import Steps
from eqxviz.doctor.seen import Line
from eqxviz.records import Problem, Severity

CODE = "EQX117"
TITLE = "Broadcast by accident"

_OPERATORS: dict[str, type[ast.AST]] = {
    "add": ast.Add,
    "sub": ast.Sub,
    "mul": ast.Mult,
    "div": ast.Div,
    "pow": ast.Pow,
    "eq": ast.Eq,
    "ne": ast.NotEq,
    "lt": ast.Lt,
    "le": ast.LtE,
    "gt": ast.Gt,
    "ge": ast.GtE,
}
_SHORT = (ast.Name, ast.Attribute, ast.Call, ast.Subscript)


def find(evidence: Evidence) -> Iterator[Problem]:
    """Yield a problem for each line that broadcasts by accident, and for what `vmap` raised."""
    yield from vmap_errors.find(evidence)
    told: set[Line] = set()
    for steps in _all_steps(evidence):
        for found in accidental_broadcasts(steps.all):
            problem = _unmapped(found) if found.unmapped else _broadcast(found)
            if found.at not in told:
                told.add(found.at)
                yield problem


def _all_steps(evidence: Evidence) -> Iterator[Steps]:
    for function in evidence.functions.values():
        traced = evidence.traces.of(function)
        if traced is not None:
            steps = Steps(evidence.user_code)
            steps.read(traced.jaxpr)
            yield steps
    steps = Steps(evidence.user_code)
    steps.follow(evidence.operations)
    yield steps


def _broadcast(found: AccidentalBroadcast) -> Problem:
    column, row = _operands(found)
    named = f"`{_text(column)}`" if column is not None else "One array"
    other = f"`{_text(row)}`" if row is not None else "the other"
    n = found.square[-1]
    return Problem(
        CODE,
        Severity.WARNING,
        f"{TITLE}: {found.column} and {found.row} give {found.square}",
        f"{named} is of shape {found.column} and {other} of {found.row}, which counts as "
        f"{_as_row(found)}. Together they give {found.square}: each of the {n} is combined with "
        f"each of the {n}, and that is reduced afterwards.",
        f"Give both one shape: take the last axis off {named if column is not None else 'the one'} "
        f"with `[..., 0]`, or give {other} such an axis with `[..., None]`.",
        *found.at,
        fix_code=_mended(found.at, column, f"{_held(column)}[..., 0]") if column else "",
    )


def _as_row(found: AccidentalBroadcast) -> tuple[int, ...]:
    shape = list(found.square)
    i = next(i for i in range(len(shape) - 1) if shape[i] == shape[i + 1] and shape[i] > 1)
    shape[i] = 1
    return tuple(shape)


def _operands(found: AccidentalBroadcast) -> tuple[ast.expr | None, ast.expr | None]:
    """Return how the user's line writes the column and the row, None for what is not known."""
    operator = _OPERATORS.get(found.step.name)
    pairs: list[tuple[ast.expr, ast.expr]] = []
    for node in _nodes_at(found.at):
        if isinstance(node, ast.BinOp) and operator is type(node.op):
            pairs.append((node.left, node.right))
        elif isinstance(node, ast.Compare) and operator is type(node.ops[0]):
            pairs.append((node.left, node.comparators[0]))
    if len(pairs) == 1:
        first, second = pairs[0]
        return (first, second) if found.is_column_first else (second, first)
    frames = found.step.origin.frames
    call = call_of(frames[-1]) if frames and not pairs else None
    if call is not None and len(call.args) == 2:  # predictions come first, as a rule
        first, second = call.args
        return (first, second) if found.is_column_computed else (second, first)
    return None, None


def _nodes_at(at: Line) -> Iterator[ast.AST]:
    tree: Any = executing.Source.for_filename(at.file).tree
    for node in ast.walk(tree) if tree is not None else ():
        if getattr(node, "lineno", 0) <= at.line <= getattr(node, "end_lineno", 0):
            yield node


def _text(node: ast.expr | None) -> str:
    return ast.unparse(node) if node is not None else ""


def _held(node: ast.expr) -> str:
    """Return an expression as it can be subscripted."""
    return _text(node) if isinstance(node, _SHORT) else f"({_text(node)})"


def _mended(at: Line, node: ast.expr, text: str) -> str:
    """Return the user's line with an expression replaced; only that where it is on other lines."""
    if node.lineno != node.end_lineno:
        return text
    row = linecache.getline(at.file, node.lineno).encode()
    mended = row[: node.col_offset] + text.encode() + row[node.end_col_offset :]
    return mended.decode().strip()


def _unmapped(found: AccidentalBroadcast) -> Problem:
    _, given = _operands(found)
    name = f"`{_text(given)}`" if given is not None else "What it is compared with"
    n = found.square[0]
    file, entries = _in_axes(found)
    shown = f"`in_axes={ast.unparse(entries)}`" if entries is not None else "`in_axes`"
    at = Line(file, entries.lineno) if entries is not None else found.at
    return Problem(
        CODE,
        Severity.WARNING,
        f"{TITLE}: each of {n} examples meets all {n} of {name}",
        f"{name} has shape {found.row} within `jax.vmap` as well: {shown} holds None for it, or "
        f"the mapped function takes it from outside. Each prediction is combined with all of it, "
        f"which gives {found.square} and is reduced afterwards.",
        f"Map {name} too: give it to the mapped function as an argument, with 0 in `in_axes`.",
        *at,
        fix_code=_with_zero(found, at, entries, given),
    )


def _in_axes(found: AccidentalBroadcast) -> tuple[str, ast.expr | None]:
    """Return what `in_axes` is in the innermost `jax.vmap(f, in_axes=...)(...)`, and its file."""
    for frame in reversed(found.unmapped):
        call = call_of(frame)
        made = call.func if call is not None else None
        if isinstance(made, ast.Call) and ast.unparse(made.func).endswith("vmap"):
            given = [keyword.value for keyword in made.keywords if keyword.arg == "in_axes"]
            return frame.at.file, next(iter([*given, *made.args[1:2]]), None)
    return "", None


def _with_zero(
    found: AccidentalBroadcast, at: Line, entries: ast.expr | None, given: ast.expr | None
) -> str:
    """Return the call of `vmap` with 0 for what is not mapped; "" where it cannot be told."""
    code = found.step.origin.frames[-1].code
    names = code.co_varnames[: code.co_argcount]
    if not isinstance(entries, ast.Tuple) or _text(given) not in names:
        return ""
    position = names.index(_text(given))
    if position >= len(entries.elts):
        return ""
    return _mended(at, entries.elts[position], "0")
