"""Python loops of the user's that were unrolled into a traced function, turn by turn.

Each equation knows the frames that made it: the instruction of the user's code in each of them, and
so the loops around it. In one pass of the trace (forward, or backward) the turns follow each other.
"""

import dis
import enum
import functools
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.primitives import combines_by_jaxprs, kind_of
from eqxviz.analysis.user_code import UserCode
from eqxviz.doctor.seen import Line
from eqxviz.records import EquationKind

FEWEST_TURNS = 8
_FEWEST_EQUATIONS = 100
_MOSTLY = 0.75  # of the turns do what the others do; the first and the last may differ
_CARRIED = 0.3  # of a turn's equations need another turn where more than a sum is carried on
# What these take of an array differs from turn to turn: a scan takes a row of it for each.
_PLACES = {"slice": {"start_indices", "limit_indices"}, "pad": {"padding_config"}}
_PLAIN = (bool, int, float, str, type, type(None), np.dtype, enum.Enum)
_SIMPLE = {EquationKind.ELEMENTWISE, EquationKind.REDUCE, EquationKind.MOVE}


@dataclass(frozen=True, eq=False)
class UnrolledLoop:
    """A loop whose turns do the same on other values."""

    code: CodeType  # what it is in
    start: int  # its first instruction in `code`
    at: Line  # of its body, the line that made most equations
    n_turns: int
    n_equations: int  # of all turns, forward and backward
    is_carried: bool  # a turn needs what the one before computed
    has_parts: bool  # each turn reads whole arrays of its own, such as a layer's weights


@dataclass(frozen=True, eq=False)
class _Place:
    """An instruction of the user's code, one object each. (The hash of code reads all of it.)"""

    code: CodeType
    offset: int
    loops: tuple[int, ...]  # where the loops begin that it is in, the outermost first


class _Row(NamedTuple):
    """An equation: where it was made, what it does, how many equations it stands for."""

    equation: Any
    frames: tuple[_Place, ...]  # the outermost first
    run: tuple[str, ...]  # "jvp", "transpose": the pass of the trace
    what: int
    n: int


@dataclass(eq=False)
class _Loop:
    """The rows that were made in a loop, with the loops around it."""

    level: int  # of its frame
    code: CodeType
    start: int
    outer: "_Loop | None"
    rows: list[_Row] = field(default_factory=list)
    n_turns: int = 1  # of all times it was entered; 1 where that is not known
    is_told: bool = False


class UnrolledLoops:
    """The unrolled loops of a jaxpr, and of all that is nested in it."""

    def __init__(self, user_code: UserCode) -> None:
        self.n_equations = 0  # of the jaxpr, with all that is nested in it
        self._is_user = user_code.is_user
        self._kinds: dict[Any, int] = {}
        self._nested: dict[int, tuple[Any, int, int, bool]] = {}
        self._places: dict[tuple[int, int], _Place | None] = {}
        self._found: list[UnrolledLoop] = []

    def of(self, jaxpr: compat.OpenJaxpr) -> list[UnrolledLoop]:
        """Return the loops that are worth to be rolled up, the largest first."""
        self.n_equations = self._read(jaxpr)[0]
        return sorted(self._found, key=lambda loop: -loop.n_equations)

    def _read(self, jaxpr: compat.OpenJaxpr) -> tuple[int, int, bool]:
        """Return how many equations a jaxpr has, a number for what they do, and if all is simple.

        Loops that are found in it are noted.
        """
        rows = [self._row(equation) for equation in jaxpr.eqns]
        for loop in _loops_in(rows):
            found = _judged(loop, self._is_simple)
            if found is not None:
                self._found.append(found)
        does = self._number(tuple(row.what for row in rows))
        is_simple = all(self._is_simple(row.equation) for row in rows)
        return sum(row.n for row in rows), does, is_simple

    def _row(self, equation: Any) -> _Row:
        scopes = compat.scopes_of(equation)
        run = tuple(name for is_pass, name in scopes if is_pass and not name.startswith("vmap"))
        places = [self._place(*each) for each in compat.frames_of(equation)]
        frames = [place for place in places if place is not None]
        nested = [self._read_once(part) for part in _jaxprs_in(equation)]
        n = sum(each[1] for each in nested) or 1
        return _Row(equation, tuple(reversed(frames)), run, self._what(equation), n)

    def _place(self, code: CodeType, offset: int) -> _Place | None:
        key = id(code), offset
        if key not in self._places:
            is_user = self._is_user(code.co_filename)
            self._places[key] = (
                _Place(code, offset, _loops_around(code, offset)) if is_user else None
            )
        return self._places[key]

    def _read_once(self, jaxpr: Any) -> tuple[Any, int, int, bool]:
        known = self._nested.get(id(jaxpr))
        if known is None:
            opened = compat.open_jaxpr(jaxpr)
            assert opened is not None  # it is one
            known = self._nested[id(jaxpr)] = (jaxpr, *self._read(opened))
        return known

    def _is_simple(self, equation: Any) -> bool:
        """Whether it goes through its arrays once, element by element."""
        nested = list(_jaxprs_in(equation))
        if nested:
            return all(self._read_once(part)[3] for part in nested)
        return kind_of(equation.primitive.name) in _SIMPLE

    def _what(self, equation: Any) -> int:
        """Return a number for what an equation does: primitive, parameters and types."""
        name = equation.primitive.name
        types = tuple(_type_of(var) for var in (*equation.invars, *equation.outvars))
        places = _PLACES.get(name, ())
        params = tuple(
            (key, self._parameter(value))
            for key, value in equation.params.items()
            if key not in places
        )
        return self._number((name, types, params))

    def _parameter(self, value: Any) -> Any:
        if isinstance(value, (tuple, list)):
            return tuple(map(self._parameter, value))
        if compat.open_jaxpr(value) is not None:
            return self._read_once(value)[2]
        return value if isinstance(value, _PLAIN) else type(value).__name__

    def _number(self, key: Any) -> int:
        return self._kinds.setdefault(key, len(self._kinds))


def _jaxprs_in(equation: Any) -> Iterator[Any]:
    if combines_by_jaxprs(equation.primitive.name):
        return
    for value in equation.params.values():
        for part in value if isinstance(value, (tuple, list)) else (value,):
            if compat.open_jaxpr(part) is not None:
                yield part


def _type_of(var: Any) -> Any:
    aval = var.aval
    shape = getattr(aval, "shape", None)
    return (shape, aval.dtype) if shape is not None else str(aval)


def _loops_in(rows: Sequence[_Row]) -> list[_Loop]:
    """Return the loops of user code in which rows were made, outer ones before inner ones."""
    loops: dict[Any, _Loop] = {}
    for row in rows:
        outer: _Loop | None = None
        for level, place in enumerate(row.frames):
            for start in place.loops:
                key = row.frames[:level], id(place.code), start
                if key not in loops:
                    loops[key] = _Loop(level, place.code, start, outer)
                outer = loops[key]
                outer.rows.append(row)
    return list(loops.values())


def _loops_around(code: CodeType, offset: int) -> tuple[int, ...]:
    """Return where the loops begin that an instruction is in, the outermost first."""
    around = [(stop - start, start) for start, stop in _loops_of(code) if start <= offset <= stop]
    return tuple(start for _, start in sorted(around, reverse=True))


@functools.lru_cache(maxsize=4096)
def _loops_of(code: CodeType) -> tuple[tuple[int, int], ...]:
    """Return the first and the last instruction of each loop."""
    stops: dict[int, int] = {}
    for each in dis.get_instructions(code):
        if "JUMP_BACKWARD" in each.opname and "NO_INTERRUPT" not in each.opname:
            start = int(each.argval)
            stops[start] = max(stops.get(start, 0), each.offset)
    return tuple(stops.items())


def _judged(loop: _Loop, is_simple: Any) -> UnrolledLoop | None:
    """Return a loop, if it is worth to be rolled up. Outer ones are to be judged first."""
    if loop.outer is not None and loop.outer.is_told:
        loop.is_told = True
        return None
    first = _forward(loop.rows)
    turns = _turns(first, loop.level, (loop.start,))
    if turns is None:
        loop.n_turns = loop.outer.n_turns if loop.outer is not None else 1
        return None
    loop.n_turns = len(set(turns))
    n_turns = loop.n_turns // (loop.outer.n_turns if loop.outer is not None else 1)
    if n_turns < FEWEST_TURNS or not _are_alike(first, turns, loop.n_turns):
        return None
    counts = Counter((row.frames, row.run, row.what) for row in loop.rows)
    repeated = [r for r in loop.rows if counts[r.frames, r.run, r.what] >= FEWEST_TURNS]
    n_equations = sum(row.n for row in repeated)
    if n_equations < _FEWEST_EQUATIONS:
        return None
    is_carried, has_parts = _needs(first, turns)
    if not is_carried and has_parts and all(is_simple(row.equation) for row in first):
        return None  # arithmetic over the leaves of a tree, as optimisers do it
    loop.is_told = True
    at = _heaviest_line(loop)
    return UnrolledLoop(loop.code, loop.start, at, n_turns, n_equations, is_carried, has_parts)


def _forward(rows: Sequence[_Row]) -> list[_Row]:
    """Return the rows of the pass in which the loop itself ran, gradients within it included."""
    shortest = rows[0].run
    for row in rows:
        if row.run == shortest[: len(row.run)]:
            shortest = row.run
    return [row for row in rows if row.run[: len(shortest)] == shortest]


def _turns(rows: Sequence[_Row], level: int, start: tuple[int, ...]) -> list[int] | None:
    """Return the number of the turn that each of a loop's rows was made in, None if unknown.

    `start` is where the loop begins, () for a function that it calls.

    A turn begins where the instruction comes up again with which the first one began; where there
    is one alone, what that calls is looked into.
    """
    places = [row.frames[level] if level < len(row.frames) else None for row in rows]
    if len(set(places)) == 1:
        return _turns(rows, level + 1, ()) if places[0] is not None else _periods(rows)
    n_runs: Counter[Any] = Counter()
    for before, place in zip([object(), *places], places, strict=False):
        n_runs[place] += place != before
    direct = [place for place in n_runs if place is None or place.loops[-1:] == start]
    if not direct:
        return None
    first = max(direct, key=lambda place: n_runs[place])  # of equals the earliest
    turn, before, numbers = -1, None, list[int]()
    for i, place in enumerate(places):
        turn += place == first and (i == 0 or before != first)
        before = place
        numbers.append(max(turn, 0))
    return numbers


def _periods(rows: Sequence[_Row]) -> list[int] | None:
    """Return the same where all rows were made by one instruction: by what repeats.

    The first turn may differ from the others: it is looked for from the end.
    """
    kinds = [row.what for row in reversed(rows)]
    n = len(kinds)
    for period in range(1, n // FEWEST_TURNS + 1):
        if kinds[period] != kinds[0]:
            continue
        i = period
        while i < n and kinds[i] == kinds[i - period]:
            i += 1
        if i >= max(_MOSTLY * n, n - 2 * period, FEWEST_TURNS * period):
            n_turns = max(round(n / period), 1)
            return [max(n_turns - 1 - j // period, 0) for j in range(n)][::-1]
    return None


def _are_alike(rows: Sequence[_Row], turns: Sequence[int], n_turns: int) -> bool:
    """Whether most turns do the same, but for which parts of arrays they take.

    What differentiation adds may be more in some turns: where it needs no gradient, there is none.
    """
    having: defaultdict[Any, set[int]] = defaultdict(set)
    doing: defaultdict[Any, defaultdict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for row, turn in zip(rows, turns, strict=True):
        name = row.equation.primitive.name
        if kind_of(name) is not EquationKind.MOVE:
            having[row.frames, name].add(turn)
            doing[row.frames, name][row.what].add(turn)
    wanted = max(_MOSTLY * n_turns, FEWEST_TURNS)
    return not any(
        len(turns_of) >= wanted > max(map(len, doing[place].values()))
        for place, turns_of in having.items()
    )


def _needs(rows: Sequence[_Row], turns: Sequence[int]) -> tuple[bool, bool]:
    """Return if turns need what others computed, and if each reads whole arrays of its own."""
    made: dict[Any, tuple[int, bool]] = {}  # by variable: its turn, and if it needs another turn
    readers: defaultdict[Any, set[int]] = defaultdict(set)
    n_needing = 0
    for row, turn in zip(rows, turns, strict=True):
        needs = False
        for var in row.equation.invars:
            if compat.is_literal(var):
                continue
            if var not in made:
                if getattr(var.aval, "shape", ()):
                    readers[var].add(turn)
                continue
            other, is_needing = made[var]
            needs = needs or is_needing or other != turn
        n_needing += needs
        made |= dict.fromkeys(row.equation.outvars, (turn, needs))
    owners = {next(iter(seen)) for seen in readers.values() if len(seen) == 1}
    return n_needing > _CARRIED * len(rows), len(owners) >= _MOSTLY * len(set(turns))


def _heaviest_line(loop: _Loop) -> Line:
    """Return the line of the loop's own frame in which most of its equations were made."""
    weights: Counter[int] = Counter()
    for row in loop.rows:
        place = row.frames[loop.level]
        weights[compat.line_of(place.code, place.offset)] += row.n
    return Line(loop.code.co_filename, max(weights, key=lambda line: weights[line]))
