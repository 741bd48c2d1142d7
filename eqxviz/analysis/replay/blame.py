"""The first equation to make what is not finite in the result of a call."""

import linecache
import math
from collections.abc import Generator, Sequence
from typing import Any, NamedTuple

import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.replay.births import Birth, Summary, Traced, summary_of
from eqxviz.analysis.replay.blame_search import OriginSearch
from eqxviz.analysis.replay.blame_words import Made, number_text, why_of
from eqxviz.analysis.replay.flows import Flows
from eqxviz.analysis.replay.origins import (
    CLEAN,
    CONSTANT,
    EXECUTION,
    FROM_CONSTANT,
    dense_numbers,
    execution_of,
    is_inexact,
    numbers_of,
)
from eqxviz.analysis.replay.replay import Replay
from eqxviz.analysis.replay.tasks import Task
from eqxviz.records import Blame, Graph, Operand, Origin, Stage

_MOST_POSITIONS = 3


class Suspect(NamedTuple):
    """A call, of which the result is not finite."""

    replay: Replay
    graph: Graph  # of the same equations
    results: Sequence[Any]  # its own
    function: int
    call: int

    @property
    def output_names(self) -> Sequence[str]:
        """The path of each result."""
        return self.replay.output_names


def blame_task(suspect: Suspect, output: str = "") -> Task[Blame]:
    """Return the task to find what is to blame for a result, all of them where it is ""."""
    first, *others = _to_watch(suspect, output) or [[]]
    search = _Search(suspect, first)

    def parts() -> Generator[int, None, Blame]:
        blame = yield from search.parts()
        for watched in others:
            blame = blame or (yield from _Search(suspect, watched).parts())
        return blame or _nowhere(suspect, output)

    return Task(parts(), search.n_total)


def _to_watch(suspect: Suspect, wanted: str) -> list[list[int]]:
    """Return the outputs of which all is to be looked at together, and those to try after them.

    Scalars come first: what makes a loss is a small part of a step.
    """
    names, results = suspect.output_names, suspect.results
    of_name = [i for i, name in enumerate(names) if name.startswith(wanted)]
    floating = [i for i in of_name if is_inexact(results[i])]
    scalars = [i for i in floating if not results[i].ndim and numbers_of(results[i], i) is not None]
    return [each for each in (scalars, floating) if each]


class _Search:
    """Looks for what is to blame for the earliest of the outputs `watched` that is not finite."""

    def __init__(self, suspect: Suspect, watched: Sequence[int]) -> None:
        self._suspect = suspect
        self._watched = watched
        self._search = OriginSearch(suspect.replay.rows)
        self._results = [suspect.replay.rows.outputs[i] for i in watched]
        self._plan = self._search.plan_for(self._results)
        self.n_total = suspect.replay.amount_of(self._plan)

    def parts(self) -> Generator[int, None, Blame | None]:
        """Work in parts, and return the blame; None where all of them are finite here."""
        suspect, search = self._suspect, self._search
        yield from suspect.replay.prepared(self._plan, with_codes=True)
        given = [Traced(x, numbers_of(x, i)) for i, x in enumerate(suspect.replay.inputs)]
        work, n_done = search.run_call(self._results, self._plan, given), 0
        while True:
            try:
                next(work)
            except StopIteration as end:
                outputs = dict(zip(self._watched, end.value, strict=True))
                break
            # Of a loop each equation counts once, however often it is executed.
            yield len(search.reached) - n_done
            n_done = len(search.reached)
        watched = _earliest(outputs)
        return None if watched is None else _blamed(suspect, search, watched, outputs[watched])


def _blamed(suspect: Suspect, search: OriginSearch, watched: int, output: Traced) -> Blame:
    name, (_, number) = suspect.output_names[watched], _first(output)
    execution = execution_of(number)
    if number == CONSTANT:
        return _of_constant(suspect, name)
    if execution < 0:
        return _of_argument(suspect, name, number)
    origin = Origin.EQUATION if EXECUTION <= number < FROM_CONSTANT else Origin.CONSTANT
    birth = search.births[execution]
    through = {row for row, numbers in search.carried.items() if number in numbers}
    return _of_equation(suspect, search, name, birth, origin, watched, through)


def _earliest(outputs: dict[int, Traced]) -> int | None:
    """Return the output from which to look: the earliest made of the scalars, or of the others.

    Arrays that hold a NaN come first, for their Inf may be meant.
    """
    bad = [i for i, each in outputs.items() if each.numbers is not None]

    def weight(i: int) -> tuple[bool, bool, bool, int]:
        value = np.asarray(outputs[i].value)
        return value.ndim > 0, value.ndim > 0 and not np.isnan(value).any(), *_first(outputs[i])

    return min(bad, key=weight, default=None)


def _first(output: Traced) -> tuple[bool, int]:
    """Return whether all that is not finite was passed on, and the number from which to look.

    A NaN comes first; an argument's Inf is passed on, such as the best loss so far.
    """
    value, numbers = np.asarray(output.value), dense_numbers(output.value, output.numbers)
    is_nan = np.isnan(value)
    if is_nan.any():
        return False, int(numbers[is_nan].min())
    made = numbers[numbers >= EXECUTION].min()
    return (False, int(made)) if made != CLEAN else (True, int(numbers.min()))


def _of_constant(suspect: Suspect, output: str) -> Blame:
    return Blame(
        suspect.function, suspect.call, output, Origin.CONSTANT, "inf",
        why=f"{output or 'the result'} is Inf as the function has it: no equation computes it",
        fix="If it is meant there is nothing to mend: let the run go on.",
    )  # fmt: skip


def _of_argument(suspect: Suspect, output: str, index: int) -> Blame:
    value, name = np.asarray(suspect.replay.inputs[index]), suspect.replay.input_names[index]
    bad = np.argwhere(~np.isfinite(value))[:_MOST_POSITIONS]
    at = tuple(tuple(each) for each in bad.tolist())
    told = summary_of(value)
    makes = "nan" if told.n_nan else "inf"
    n_bad, what = told.n_nan + told.n_inf, "NaN" if told.n_nan else "Inf"
    first = f", the first at {list(at[0])}" if at and at[0] else ""
    how_many = f"{n_bad:,} of {value.size:,} elements" if value.size > 1 else "it"
    return Blame(
        suspect.function, suspect.call, output, Origin.ARGUMENT, makes,
        argument=name, n_elements=value.size, n_nan=told.n_nan, n_inf=told.n_inf, at=at,
        why=f"{name} holds {what} as the call is made: {how_many}{first}",
        fix="Look at where it is made before the call: the data that is loaded, or what an earlier "
        "call returned; a stop at the first NaN of that one finds its equation.",
    )  # fmt: skip


def _nowhere(suspect: Suspect, wanted: str) -> Blame:
    pairs = zip(suspect.output_names, suspect.results, strict=True)
    bad = {n: np.asarray(x) for n, x in pairs if is_inexact(x) and n.startswith(wanted)}
    bad = {n: x for n, x in bad.items() if not np.isfinite(x).all()}
    if not bad:
        what = f"the result {wanted}".rstrip()
        return Blame(
            suspect.function, suspect.call, wanted, Origin.NOWHERE, "",
            why=f"All of {what} is finite, in the call as in its replay",
        )  # fmt: skip
    name, value = min(bad.items(), key=lambda pair: pair[1].ndim)
    told = summary_of(value)
    return Blame(
        suspect.function, suspect.call, name, Origin.NOWHERE, "nan" if told.n_nan else "inf",
        n_elements=value.size, n_nan=told.n_nan, n_inf=told.n_inf,
        why="Evaluated equation by equation everything stays finite. The compiled call is not: XLA "
        "fuses operations and rounds otherwise, so that a value at the edge of what an operation "
        "takes, such as a power of 0, falls beyond it",
        fix="Look for an operation near its edge (a power, a logarithm or a root of about 0), and "
        "keep its operand away from there with jnp.maximum or jnp.clip.",
    )  # fmt: skip


def _of_equation(
    suspect: Suspect,
    search: OriginSearch,
    output: str,
    birth: Birth,
    origin: Origin,
    watched: int,
    through: set[int],
) -> Blame:
    graph, row = suspect.graph, birth.row
    flows = Flows(graph)
    stage = _stage_of(suspect, flows, row)
    source = int(graph.equation_source[row])
    file = graph.text(graph.source_file[source]) if source >= 0 else ""
    line = int(graph.source_line[source]) if source >= 0 else 0
    operands = _operands(graph, birth)
    why, fix = _why(birth, operands, origin, is_backward=stage is Stage.BACKWARD)
    return Blame(
        suspect.function, suspect.call, output, origin, "nan" if birth.n_nan else "inf",
        row, birth.turns, search.loops_around(row, birth.turns), birth.primitive, stage,
        file, line, linecache.getline(file, line).strip(), "",
        birth.n_elements, birth.n_nan, birth.n_inf, birth.at, operands,
        flows.road(row, int(graph.outputs[watched]), through), why, fix,
    )  # fmt: skip


def _stage_of(suspect: Suspect, flows: Flows, row: int) -> Stage:
    if flows.is_backward(row):
        return Stage.BACKWARD
    rows = suspect.replay.rows
    around = map(rows.equation, (*rows.owners(row), row))
    if any(scope == (True, "jvp") for each in around for scope in compat.scopes_of(each)):
        return Stage.FORWARD
    return Stage.UPDATE if flows.is_after_gradient(row) else Stage.UNKNOWN


def _operands(graph: Graph, birth: Birth) -> tuple[Operand, ...]:
    rows = zip(graph.inputs_of(birth.row).tolist(), birth.operands, birth.elements, strict=True)
    return tuple(_operand(graph, value, told, elements) for value, told, elements in rows)


def _operand(graph: Graph, value: int, told: Summary, elements: tuple[float, ...]) -> Operand:
    named = value
    while graph.value_path[named] < 0 and graph.value_outer[named] >= 0:
        named = int(graph.value_outer[named])
    path = int(graph.value_path[named])
    aval = graph.text(graph.value_aval[value])
    return Operand(graph.text(path) if path >= 0 else "", aval, value, *told, elements)


def _why(
    birth: Birth, operands: Sequence[Operand], origin: Origin, *, is_backward: bool
) -> tuple[str, str]:
    """Return why it is not finite, with what was read there, and what to do."""
    made = Made(
        birth.primitive, birth.params, birth.value, birth.dtype, birth.elements, is_backward
    )
    what, fix = why_of(made)
    culprit = _culprit(birth, operands)
    if culprit is not None:
        (element,) = culprit.at_first
        where = f"element {list(birth.at[0])} of {culprit.name or 'what it reads'}"
        what = f"{what}: {where} ({birth.n_elements:,} elements) is {number_text(element)}"
    if origin is Origin.CONSTANT:
        reads_nan = any(math.isnan(element) for each in birth.elements for element in each)
        constant = "a constant of the program"
        told = f"NaN is {constant}" if reads_nan else f"Inf is {constant}, as masks have it"
        what = f"{what}; the {told}"
    return what, fix


def _culprit(birth: Birth, operands: Sequence[Operand]) -> Operand | None:
    """Return the operand of whose element it is said which it is: the denominator, or the first."""
    which = 1 if birth.primitive == "div" else 0
    if not birth.at or not birth.at[0] or which >= len(operands):
        return None
    operand = operands[which]
    is_element = len(operand.at_first) == 1 and not operand.aval.endswith("[]")
    return operand if is_element else None
