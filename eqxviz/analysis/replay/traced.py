"""A jaxpr run by another program that is compiled, rounding after each equation as if alone."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.replay.codes import codes_of
from eqxviz.analysis.replay.entering import (
    NotReplayedError,
    called,
    inputs_called_with,
    is_entered,
    is_left_out,
    why_not_run,
)
from eqxviz.analysis.replay.rows import Block, Rows

_jnp: Any = jnp
_lax: Any = jax.lax
_jax: Any = jax
_Values = list[Any]


class Tracing:
    """Runs jaxprs while a program is traced; `codes` has those of the equations run, by row."""

    def __init__(self, rows: Rows, *, with_codes: bool) -> None:
        self.rows = rows
        self.codes: dict[int, Any] | None = {} if with_codes else None

    def run(self, block: Block, given: Sequence[Any]) -> _Values:
        """Return what a jaxpr makes of `given`."""
        jaxpr = block.jaxpr
        values = dict(zip(jaxpr.constvars, jaxpr.consts, strict=True))
        values |= dict(zip(jaxpr.invars, given, strict=True))

        def read(var: Any) -> Any:
            return literal(var) if compat.is_literal(var) else values[var]

        for row in range(block.first, block.stop):
            equation = self.rows.equation(row)
            if is_left_out(equation):
                continue
            inputs = [_apart(read(v)) if compat.is_literal(v) else read(v) for v in equation.invars]
            made = [_apart(each) for each in self._evaluate(row, equation, inputs)]
            if self.codes is not None:
                self.codes[row] = codes_of(made)
            values.update(zip(equation.outvars, made, strict=True))
        return [read(var) for var in jaxpr.outvars]

    def _evaluate(self, row: int, equation: Any, inputs: _Values) -> _Values:
        rows = self.rows
        if not is_entered(rows, row):
            if why := why_not_run(equation, ""):
                raise NotReplayedError(why)
            return compat.evaluate(compat.without_callbacks(equation, is_left_out), inputs)
        block = called(rows, row)
        if block is not None:
            return self.run(block, [inputs[i] for i in inputs_called_with(rows, row)])
        if rows.primitive(row) == "cond":
            return self._branch(row, inputs)
        if rows.primitive(row) == "scan":
            return self._scan(row, inputs)
        return self._while(row, inputs)

    def _noting(self, row: int, run: Callable[[], Any]) -> tuple[Any, Any]:
        """Return what `run` returns, and the codes of the rows below `row` as one array."""
        if self.codes is None:
            return run(), np.zeros(0, np.uint8)
        outer, self.codes = self.codes, {}
        try:
            made = run()
            codes = [self.codes.get(below, np.uint8(0)) for below in sorted(self.rows.below(row))]
        finally:
            self.codes = outer
        return made, _jnp.stack([_jnp.asarray(c, np.uint8) for c in codes] or [np.uint8(0)])

    def _note(self, row: int, codes: Any) -> None:
        if self.codes is not None:
            self.codes |= {below: codes[i] for i, below in enumerate(sorted(self.rows.below(row)))}

    def _none_noted(self, row: int) -> Any:
        if self.codes is None:
            return np.zeros(0, np.uint8)
        return _jnp.zeros(max(1, len(list(self.rows.below(row)))), np.uint8)

    def _branch(self, row: int, inputs: _Values) -> _Values:
        def of(block: Block) -> Callable[..., Any]:
            return lambda *given: self._noting(row, lambda: self.run(block, given))

        index, *given = inputs
        index = _jnp.asarray(index).astype(np.int32)
        branches = [of(block) for block in self.rows.inside(row)]
        made, codes = _lax.switch(index, branches, *given)
        self._note(row, codes)
        return made

    def _scan(self, row: int, inputs: _Values) -> _Values:
        equation, loop = self.rows.equation(row), ScanShape(self.rows, row)
        constants, carry, stacked = loop.split(inputs)

        def turn(state: Any, given: Any) -> Any:
            carry, codes = state
            made, found = self._noting(
                row, lambda: self.run(loop.body, [*constants, *carry, *given])
            )
            n = len(carry)
            return (made[:n], codes | found), made[n:]

        params = equation.params
        (carry, codes), stacked = _lax.scan(
            turn, (carry, self._none_noted(row)), stacked, params["length"], params["reverse"]
        )
        self._note(row, codes)
        return [*carry, *stacked]

    def _while(self, row: int, inputs: _Values) -> _Values:
        loop = WhileShape(self.rows, row)
        of_condition, of_body, state = loop.split(inputs)

        def goes_on(state: _Values) -> tuple[Any, Any]:
            made, codes = self._noting(
                row, lambda: self.run(loop.condition, [*of_condition, *state])
            )
            return made[0], codes

        def turn(each: Any) -> Any:
            going, state, codes = each
            made, found = self._noting(row, lambda: self.run(loop.body, [*of_body, *state]))
            state = chosen(going, made, state)
            going, of_going = goes_on(state)
            return going, state, codes | found | of_going

        def goes_on_any(each: Any) -> Any:
            return _jnp.any(each[0])

        going, codes = goes_on(state)
        _, state, codes = _lax.while_loop(goes_on_any, turn, (going, state, codes))
        self._note(row, codes)
        return state


class ScanShape:
    """How the inputs and outputs of a scan are its constants, what is carried, and rows."""

    def __init__(self, rows: Rows, row: int) -> None:
        equation = rows.equation(row)
        (self.body,) = rows.inside(row)
        assert self.body.nested is not None
        self.carried = self.body.nested.carried
        self.length: int = equation.params["length"]
        self.is_reverse: bool = equation.params["reverse"]

    def split(self, inputs: Sequence[Any]) -> tuple[_Values, _Values, _Values]:
        """Return constants, what is carried at first, and what one row is taken of a turn."""
        start, stop = self.carried.start, self.carried.stop
        return list(inputs[:start]), list(inputs[start:stop]), list(inputs[stop:])

    def place(self, turn: Any) -> Any:
        """Return the row that is read, and written, in a turn."""
        return self.length - 1 - turn if self.is_reverse else turn


class WhileShape:
    """How the inputs of a while loop are the constants of its two jaxprs, and its state."""

    def __init__(self, rows: Rows, row: int) -> None:
        params = rows.equation(row).params
        by_name = {block.nested.name: block for block in rows.inside(row) if block.nested}
        self.condition, self.body = by_name["condition"], by_name["body"]
        self.n_condition: int = params["cond_nconsts"]
        self.n_body: int = params["body_nconsts"]

    def split(self, inputs: Sequence[Any]) -> tuple[_Values, _Values, _Values]:
        """Return the constants of the condition and of the body, and the state at first."""
        start, stop = self.n_condition, self.n_condition + self.n_body
        return list(inputs[:start]), list(inputs[start:stop]), list(inputs[stop:])


def literal(var: Any) -> Any:
    """Return the value of a literal as an array."""
    dtype = getattr(var.aval, "dtype", None)
    return var.val if dtype is None else np.asarray(var.val, dtype)


def chosen(going: Any, made: _Values, before: _Values) -> _Values:
    """Return the state after a turn: of what is mapped over, some may have ended before."""
    if not going.ndim:
        return made
    return [
        _lax.select(_lax.broadcast_in_dim(going, m.shape, range(going.ndim)), m, b)
        for m, b in zip(made, before, strict=True)
    ]


def _apart(value: Any) -> Any:
    """Return `value` so that no compiler sees through it: what reads it does not know its maker."""
    return _lax.optimization_barrier(
        _jnp.asarray(value) if isinstance(value, np.ndarray) else value
    )
