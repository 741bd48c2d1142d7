"""A straightforward evaluation of a jaxpr: every turn of every loop, one equation at a time."""

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.extend.core import Literal

from eqxviz.analysis.replay import Argument, Block, Constant, Rows

# What is met: the inputs and outputs of each row, at each turn of the loops around it.
Met = dict[tuple[int, tuple[int, ...]], tuple[list[Any], list[Any]]]
_SKIPPED = ("debug_callback", "debug_print")
_WHOLE = ("shard_map", "pallas_call", "custom_transpose")


def evaluated(rows: Rows, arrays: Sequence[Any]) -> Met:
    """Return the inputs and outputs of all equations that are run."""
    root, met = rows.blocks[0], Met()
    given = list[Any]()
    for var in root.jaxpr.invars:
        source = root.source(var)
        assert isinstance(source, Argument | Constant)
        given.append(arrays[source.index] if isinstance(source, Argument) else source.value)
    _run(rows, root, given, (), met)
    return met


def _run(
    rows: Rows, block: Block, given: Sequence[Any], turns: tuple[int, ...], met: Met
) -> list[Any]:
    jaxpr = block.jaxpr
    env = dict(zip(jaxpr.constvars, jaxpr.consts, strict=True))
    env |= dict(zip(jaxpr.invars, given, strict=True))

    def read(var: Any) -> Any:
        return np.asarray(var.val, var.aval.dtype) if isinstance(var, Literal) else env[var]

    for i, equation in enumerate(jaxpr.eqns):
        row = block.first + i
        if equation.primitive.name in _SKIPPED:
            continue
        inputs = [read(var) for var in equation.invars]
        outputs = _equation(rows, row, equation, inputs, turns, met)
        met[row, turns] = inputs, outputs
        env.update(zip(equation.outvars, outputs, strict=True))
    return [read(var) for var in jaxpr.outvars]


def _equation(
    rows: Rows, row: int, equation: Any, inputs: list[Any], turns: tuple[int, ...], met: Met
) -> list[Any]:
    name, inside, params = equation.primitive.name, rows.inside(row), equation.params
    if name == "cond":
        which = int(np.clip(int(inputs[0]), 0, len(inside) - 1))
        return _run(rows, inside[which], inputs[1:], turns, met)
    if name == "scan":
        return _scan(rows, row, inputs, turns, met)
    if name == "while":
        return _while(rows, row, inputs, turns, met)
    if name == "custom_linear_solve":
        n = params["const_lengths"]
        solve = next(block for block in inside if block.nested and block.nested.repeats)
        start = n.matvec + n.vecmat
        return _run(rows, solve, [*inputs[start : start + n.solve], *inputs[sum(n) :]], turns, met)
    if len(inside) == 1 and name not in _WHOLE:
        return _run(rows, inside[0], inputs, turns, met)
    with equation.ctx.manager:
        made = equation.primitive.bind(*inputs, **equation.primitive.get_bind_params(params))
    return list(made) if equation.primitive.multiple_results else [made]


def _scan(rows: Rows, row: int, inputs: list[Any], turns: tuple[int, ...], met: Met) -> list[Any]:
    equation, (body,) = rows.equation(row), rows.inside(row)
    params = equation.params
    n_stacked = sum(
        len(outer.aval.shape) > len(inner.aval.shape)
        for outer, inner in zip(equation.invars, body.jaxpr.invars, strict=True)
    )
    n_made = sum(
        len(outer.aval.shape) > len(inner.aval.shape)
        for outer, inner in zip(equation.outvars, body.jaxpr.outvars, strict=True)
    )
    n_carry = len(equation.outvars) - n_made
    n_constants = len(inputs) - n_stacked - n_carry
    constants, carry = inputs[:n_constants], inputs[n_constants : n_constants + n_carry]
    stacked = inputs[n_constants + n_carry :]
    made: dict[int, list[Any]] = {}
    for turn in range(params["length"]):
        place = params["length"] - 1 - turn if params["reverse"] else turn
        given = [*constants, *carry, *(x[place] for x in stacked)]
        out = _run(rows, body, given, (*turns, turn), met)
        carry, made[place] = out[:n_carry], out[n_carry:]
    results = [
        jnp.stack([made[place][k] for place in sorted(made)])
        if made
        else jnp.zeros(var.aval.shape, var.aval.dtype)
        for k, var in enumerate(equation.outvars[n_carry:])
    ]
    return [*carry, *results]


def _while(rows: Rows, row: int, inputs: list[Any], turns: tuple[int, ...], met: Met) -> list[Any]:
    params = rows.equation(row).params
    condition, body = rows.inside(row)
    n, m = params["cond_nconsts"], params["body_nconsts"]
    state, turn = inputs[n + m :], 0
    while True:
        (going,) = _run(rows, condition, [*inputs[:n], *state], (*turns, turn), met)
        if not np.any(going):
            return state
        made = _run(rows, body, [*inputs[n : n + m], *state], (*turns, turn), met)
        mask = np.asarray(going)
        state = [
            jnp.where(mask.reshape(mask.shape + (1,) * (m.ndim - mask.ndim)), m, s)
            for m, s in zip(made, state, strict=True)
        ]
        turn += 1
