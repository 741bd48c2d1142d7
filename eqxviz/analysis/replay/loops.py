"""A loop of a replayed call: run compiled, some turns at a time, and stopped before any turn."""

import time
from collections.abc import Callable, Generator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from eqxviz.analysis import compat
from eqxviz.analysis.replay.codes import is_in_memory
from eqxviz.analysis.replay.equations import meaning_of
from eqxviz.analysis.replay.programs import (
    Typed,
    Wanted,
    placed,
    programs,
    shape_of,
    sharding_of,
)
from eqxviz.analysis.replay.rows import Rows
from eqxviz.analysis.replay.traced import ScanShape, Tracing, WhileShape, chosen

# Turns of which codes come back at once.
_CODED_TURNS = 256
_PART_SECONDS = 0.05
_MOST_TURNS = 1 << 30

_lax: Any = jax.lax
_jax: Any = jax
_jnp: Any = jnp
_Values = list[Any]


class Loop:
    """A scan or while at one point of a replay. `turn` is how many turns were made.

    `length` is how many there are, None where that is not known before; `condition` is the jaxpr
    that decides.

    `codes` holds an array for each part that was run, one row a turn; its columns are the rows
    below the loop, in order. Of a while there is one more than it made turns: the last look at its
    condition.
    """

    def __init__(
        self, rows: Rows, row: int, inputs: Sequence[Any], *, with_codes: bool = False
    ) -> None:
        self.rows, self.row = rows, row
        self.below = sorted(rows.below(row))
        self.turn = 0
        self.is_over = False
        self.codes: list[NDArray[np.uint8]] = []
        self._with_codes = with_codes
        self._turns_a_part = 16
        self._advance: Callable[..., Any] | None = None
        self._form = _form_of(rows, row, inputs, _zeros)
        self.is_over = self._form.most_turns == 0
        self.length = self._form.length
        self.condition = self._form.condition

    def given(self) -> dict[int, _Values]:
        """Return what its jaxprs are given in the turn that comes next, by block."""
        return self._form.given(self.turn)

    def results(self) -> _Values:
        """Return the outputs of the loop, once it is over."""
        return self._form.results()

    def all_codes(self) -> NDArray[np.uint8]:
        """Return the codes of all turns made: a row for each, a column for each row below."""
        return np.concatenate([np.zeros((0, len(self.below)), np.uint8), *self.codes])

    def run_to(self, turn: int) -> Generator[None]:
        """Make turns until so many are made, or the loop is over."""
        while self.turn < turn and not self.is_over:
            if self._advance is None:
                self._advance = yield from self._compiled()
            most = _CODED_TURNS if self._with_codes else _MOST_TURNS
            stop = min(turn, self._form.most_turns, self.turn + min(self._turns_a_part, most))
            started = time.perf_counter()
            made, reached, going, codes = self._advance(
                self._form.state, np.int32(self.turn), np.int32(stop), *self._form.constants
            )
            reached = int(reached)
            seconds = time.perf_counter() - started
            self._form.state = made
            self.is_over = not bool(going) or reached >= self._form.most_turns
            if self._with_codes:
                extra = 0 if bool(going) else 1
                self.codes.append(np.array(codes)[: reached - self.turn + extra])
            if reached - self.turn and seconds < _PART_SECONDS / 2:
                self._turns_a_part *= 2
            elif seconds > 2 * _PART_SECONDS:
                self._turns_a_part = max(1, self._turns_a_part // 2)
            self.turn = reached
            yield

    def _compiled(self) -> Generator[None, None, Callable[..., Any]]:
        wanted = _program(self.rows, self.row, self._form, with_codes=self._with_codes)
        return (yield from programs.get(*wanted))


def ahead(rows: Rows, row: int, *, with_codes: bool) -> Wanted:
    """Return the program for a loop whose inputs are on the default device."""
    inputs = [Typed(var.aval.shape, var.aval.dtype) for var in rows.equation(row).invars]
    return _program(rows, row, _form_of(rows, row, inputs, Typed), with_codes=with_codes)


def _row_at(rows: Any, place: int) -> Any:
    """Return one of `rows`; where NumPy can take it, nothing is compiled."""
    if compat.is_key_dtype(rows.dtype) or not is_in_memory(rows):
        return _lax.dynamic_index_in_dim(rows, place, keepdims=False)
    return _jax.device_put(np.asarray(rows)[place, ...], sharding_of(rows))


def _zeros(shape: Any, dtype: Any) -> Any:
    """Return zeros; for those that NumPy can make, nothing is compiled."""
    if compat.is_key_dtype(dtype):
        return _jnp.zeros(shape, dtype)
    return _jax.device_put(np.zeros(shape, dtype))


def _form_of(rows: Rows, row: int, inputs: Sequence[Any], blank: Any) -> "_Scan | _While":
    if rows.primitive(row) == "scan":
        return _Scan(rows, row, inputs, blank)
    return _While(rows, row, inputs)


def _program(rows: Rows, row: int, form: "_Scan | _While", *, with_codes: bool) -> Wanted:
    """Return the program that makes turns of a loop."""
    equation, turn_of = rows.equation(row), form.turn
    below = sorted(rows.below(row))
    given = (form.state, np.int32(0), np.int32(0), *form.constants)
    n_codes = len(below) if with_codes else 0

    def build() -> tuple[Callable[..., Any], Sequence[Any]]:
        def advance(state: Any, start: Any, stop: Any, *constants: Any) -> Any:
            def turn(each: Any) -> Any:
                state, turn, _, codes = each
                tracing = Tracing(rows, with_codes=with_codes)
                state, going, found = turn_of(tracing, constants, state, turn, below)
                if n_codes:
                    codes = _lax.dynamic_update_index_in_dim(codes, found, turn - start, 0)
                return state, turn + going.astype(np.int32), going, codes

            def goes_on(each: Any) -> Any:
                return (each[1] < stop) & each[2]

            codes = _jnp.zeros((_CODED_TURNS, n_codes), np.uint8)
            return _lax.while_loop(goes_on, turn, (state, start, _jnp.asarray(True), codes))

        return advance, shapes

    shapes = jax.tree.map(shape_of, given)
    key = ("loop", with_codes, meaning_of(equation), *map(placed, jax.tree.leaves(given)))
    return key, build, equation


class _Scan:
    """A scan: its state is what is carried, and the rows made so far."""

    def __init__(self, rows: Rows, row: int, inputs: Sequence[Any], blank: Any) -> None:
        self._shape = ScanShape(rows, row)
        self._n_constants = self._shape.carried.start
        constants, carry, stacked = self._shape.split(inputs)
        self.constants = [*constants, *stacked]
        n_carried = len(carry)
        rows_made = rows.equation(row).outvars[n_carried:]
        self.state = (carry, [blank(v.aval.shape, v.aval.dtype) for v in rows_made])
        self.most_turns = self.length = self._shape.length
        self.condition = None

    def given(self, turn: int) -> dict[int, _Values]:
        constants, stacked = self._split(self.constants)
        place = self._shape.place(turn)
        taken = [_row_at(x, place) for x in stacked]
        return {self._shape.body.index: [*constants, *self.state[0], *taken]}

    def results(self) -> _Values:
        return [*self.state[0], *self.state[1]]

    def turn(
        self, tracing: Tracing, constants: Sequence[Any], state: Any, turn: Any, below: list[int]
    ) -> Any:
        """Return the state after a turn, that one was made, and the codes of the rows below."""
        carry, rows_made = state
        constants, stacked = self._split(constants)
        place = self._shape.place(turn)
        taken = [_lax.dynamic_index_in_dim(x, place, keepdims=False) for x in stacked]
        made = tracing.run(self._shape.body, [*constants, *carry, *taken])
        n = len(carry)
        rows_made = [
            _lax.dynamic_update_index_in_dim(whole, each, place, 0)
            for whole, each in zip(rows_made, made[n:], strict=True)
        ]
        return (made[:n], rows_made), _jnp.asarray(True), _stacked(tracing, below)

    def _split(self, constants: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
        return constants[: self._n_constants], constants[self._n_constants :]


class _While:
    """A while loop: its state is what its jaxprs are given anew for each turn."""

    def __init__(self, rows: Rows, row: int, inputs: Sequence[Any]) -> None:
        self._shape = WhileShape(rows, row)
        of_condition, of_body, self.state = self._shape.split(inputs)
        self.constants = [*of_condition, *of_body]
        self.most_turns = _MOST_TURNS
        self.length = None
        self.condition = self._shape.condition

    def given(self, turn: int) -> dict[int, _Values]:
        return {
            block.index: [*constants, *self.state]
            for block, constants in zip(
                (self._shape.condition, self._shape.body), self._split(self.constants), strict=True
            )
        }

    def results(self) -> _Values:
        return list(self.state)

    def turn(
        self, tracing: Tracing, constants: Sequence[Any], state: Any, turn: Any, below: list[int]
    ) -> Any:
        """Return the state after a turn, whether one was made, and the codes of the rows below."""
        of_condition, of_body = self._split(constants)
        (going,) = tracing.run(self._shape.condition, [*of_condition, *state])
        codes = tracing.codes

        def go_on(state: Any) -> Any:
            inner = Tracing(tracing.rows, with_codes=codes is not None)
            made = inner.run(self._shape.body, [*of_body, *state])
            return chosen(going, made, state), _stacked(inner, below)

        def stay(state: Any) -> Any:
            return state, _stacked(Tracing(tracing.rows, with_codes=codes is not None), below)

        goes_on = _jnp.any(going)
        state, of_body = _lax.cond(goes_on, go_on, stay, state)
        return state, goes_on, _stacked(tracing, below) | of_body

    def _split(self, constants: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
        n = self._shape.n_condition
        return constants[:n], constants[n:]


def _stacked(tracing: Tracing, below: list[int]) -> Any:
    codes = tracing.codes
    if codes is None:
        return np.zeros(0, np.uint8)
    return _jnp.stack([_jnp.asarray(codes.get(row, np.uint8(0)), np.uint8) for row in below])
