"""Which lines a printed jaxpr has, in which order, and what its variables are called."""

import enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.graph import EquationFlag, Graph, GroupKind, ValueOrigin

# More than so many on a line are a block of lines, which folds.
MOST_RESULTS = 4
MOST_OPERANDS = 12
MOST_VARIABLES = 6
LONGEST_PARAMETERS = 84  # characters
_MOST_NAMED = 12  # variables of the outermost jaxpr that are unfolded at first
_STEP = 2  # columns


class LineKind(enum.IntEnum):
    """What a line says, and of what: its `item`."""

    OPEN = 0  # "{ lambda ; a:f32[3]. let", of a group
    VARIABLE = 1  # "a:f32[3]", the variable number `part` of a group, where there are many
    SCOPE = 2  # "# model.layers[0]", of a group: what follows belongs to it; part 1: backward
    EQUATION = 3  # "c:f32[8] = dot_general[...] a b", of an equation; its first line
    RESULTS = 4  # more of what it makes: chunk `part`
    PARAMETER = 5  # its parameter number `part`
    OPERANDS = 6  # "] a b": chunk `part` of what it reads
    RETURNS = 7  # "in (a, b) }", of a group
    RETURNED = 8  # output number `part` of a group, where there are many


class PrintedLines(NamedTuple):
    """One row a line. A line whose block ends later than it begins can be folded."""

    kind: NDArray[np.uint8]
    item: NDArray[np.int32]
    part: NDArray[np.int32]
    indent: NDArray[np.int32]  # columns
    end: NDArray[np.int32]  # the last line of its block; the line itself where it is alone
    folded: NDArray[np.bool_]  # how it is shown at first
    name: NDArray[np.int32]  # of each value: its place in a, b, ..., z, ba; -1: "_"


def printed_lines(graph: Graph) -> PrintedLines:
    """Return the lines of `graph` with everything unfolded."""
    return _Printer(graph).lines()


def is_jaxpr(graph: Graph, group: int) -> bool:
    """Whether `group` is a jaxpr of its own, not a part of one."""
    return graph.group_kind[group] in (GroupKind.ROOT, GroupKind.JAXPR)


class _Equations(NamedTuple):
    """Work to do: the equations `start .. stop - 1` of a jaxpr, in the scope so far."""

    start: int  # places in the order by jaxprs
    stop: int
    scope: tuple[int, int]  # group, and 1 for backward
    indent: int


class _Open(NamedTuple):
    group: int
    indent: int


class _Close(NamedTuple):
    group: int
    indent: int


class _Tail(NamedTuple):
    equation: int
    indent: int


_Work = _Equations | _Open | _Close | _Tail


class _Printer:
    """Goes through the jaxprs in the order of printing; deep nesting needs no deep stack."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._rows: list[tuple[int, int, int, int]] = []
        self._end: list[int] = []
        self._folded: set[int] = set()
        self._blocks: list[int] = []  # the lines whose block is not over
        self._name = np.full(len(graph.value_producer), -1, np.int32)
        self._n_names = 0
        self._is_used = _used(graph).tolist()
        self._out_offset: list[int] = graph.out_offset.tolist()
        self._out_value: list[int] = graph.out_value.tolist()
        self._scope: list[int] = graph.equation_group.tolist()
        self._is_long = _long_equations(graph).tolist()
        self._is_backward = (graph.equation_flags & EquationFlag.BACKWARD > 0).tolist()
        self._order, self._ranges = _by_jaxpr(graph)
        self._nested: dict[int, list[int]] = {}
        for group in np.flatnonzero(graph.group_kind == GroupKind.JAXPR).tolist():
            self._nested.setdefault(int(graph.group_owner[group]), []).append(group)
        for groups in self._nested.values():  # a loop's body stands before its condition
            groups.sort(key=lambda group: graph.text(int(graph.group_name[group])).split(" ")[0])

    def lines(self) -> PrintedLines:
        work: list[_Work] = [*reversed(self._jaxpr(0, 0))]
        while work:
            now = work.pop()
            if isinstance(now, _Equations):
                work.extend(reversed(self._add_equations(now)))
            elif isinstance(now, _Open):
                self._open(now)
            elif isinstance(now, _Close):
                self._close(now)
            else:
                n_read = len(self._graph.inputs_of(now.equation))
                self._add_chunks(LineKind.OPERANDS, now.equation, n_read, MOST_OPERANDS, now.indent)
                self._end_block()
        rows = np.array(self._rows, np.int64).reshape(-1, 4)
        folded = np.zeros(len(rows), np.bool_)
        folded[list(self._folded)] = True
        return PrintedLines(
            rows[:, 0].astype(np.uint8),
            rows[:, 1].astype(np.int32),
            rows[:, 2].astype(np.int32),
            rows[:, 3].astype(np.int32),
            np.array(self._end, np.int32),
            folded,
            self._name,
        )

    def _jaxpr(self, group: int, indent: int) -> list[_Work]:
        start, stop = self._ranges.get(group, (0, 0))
        inside = _Equations(start, stop, (group, 0), indent + 2 * _STEP)
        return [_Open(group, indent), inside, _Close(group, indent)]

    def _add_equations(self, work: _Equations) -> list[_Work]:
        """Add lines up to the first equation that holds jaxprs; return what is left to do."""
        scope, indent = work.scope, work.indent
        for at in range(work.start, work.stop):
            equation = self._order[at]
            group = self._scope[equation]
            if group != scope[0]:
                scope = group, int(self._is_backward[equation])
                self._add(LineKind.SCOPE, *scope, indent)
            outs = self._out_value[self._out_offset[equation] : self._out_offset[equation + 1]]
            for value in outs:
                if self._is_used[value]:
                    self._call(value)
            line = self._add(LineKind.EQUATION, equation, 0, indent)
            nested = self._nested.get(equation)
            if nested is None and not self._is_long[equation]:
                continue
            self._blocks.append(line)
            self._add_chunks(LineKind.RESULTS, equation, len(outs), MOST_RESULTS, indent, first=1)
            parameters = parameters_of(self._graph, equation)
            if not is_short(parameters):
                for part in range(len(parameters)):
                    self._add(LineKind.PARAMETER, equation, part, indent + _STEP)
            if nested is None:
                self._folded.add(line)
            inner = [w for group in nested or () for w in self._jaxpr(group, indent + _STEP)]
            rest = _Equations(at + 1, work.stop, scope, indent)
            return [*inner, _Tail(equation, indent), rest]
        return []

    def _open(self, work: _Open) -> None:
        graph, group = self._graph, work.group
        variables: list[int] = graph.taken_by(group).tolist()
        for value in variables:
            self._call(value)
        line = self._add(LineKind.OPEN, group, 0, work.indent)
        self._blocks.append(line)
        is_named = group == 0 and bool(np.any(graph.value_path[variables] >= 0))
        if not is_named and len(variables) <= MOST_VARIABLES:
            return
        head = len(self._rows)
        for part in range(len(variables)):
            self._add(LineKind.VARIABLE, group, part, work.indent + 2 * _STEP)
        self._end[head] = len(self._rows) - 1
        if len(variables) > _MOST_NAMED or not is_named:
            self._folded.add(head)

    def _close(self, work: _Close) -> None:
        line = self._add(LineKind.RETURNS, work.group, 0, work.indent + _STEP)
        returned = self._graph.returned_by(work.group)
        if len(returned) > MOST_OPERANDS:
            for part in range(1, len(returned)):
                self._add(LineKind.RETURNED, work.group, part, work.indent + 2 * _STEP)
            self._end[line] = len(self._rows) - 1
            self._folded.add(line)
        self._end_block()

    def _add_chunks(
        self, kind: LineKind, item: int, n_values: int, size: int, indent: int, first: int = 0
    ) -> None:
        for part in range(first, max(1, -(-n_values // size))):
            self._add(kind, item, part, indent + (2 * _STEP if part else 0))

    def _add(self, kind: LineKind, item: int, part: int, indent: int) -> int:
        line = len(self._rows)
        self._rows.append((kind, item, part, indent))
        self._end.append(line)
        return line

    def _end_block(self) -> None:
        self._end[self._blocks.pop()] = len(self._rows) - 1

    def _call(self, value: int) -> None:
        """Give `value` the next name, if it has none."""
        if self._name[value] < 0:
            self._name[value] = self._n_names
            self._n_names += 1


def parameters_of(graph: Graph, equation: int) -> list[str]:
    """Return the parameters of an equation, each "name=value"."""
    text = graph.text(int(graph.equation_params[equation]))
    parts: list[str] = []
    depth = start = 0
    for at, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == " " and depth <= 0 and _begins_parameter(text, at + 1):
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]] if text else []


def is_short(parameters: list[str]) -> bool:
    """Whether these parameters stand on the line of their equation."""
    return sum(map(len, parameters)) + len(parameters) - 1 <= LONGEST_PARAMETERS


def _begins_parameter(text: str, at: int) -> bool:
    end = at
    while end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    return end > at and text[end : end + 1] == "="


def _used(graph: Graph) -> NDArray[np.bool_]:
    """Return which values are read or returned; JAX prints the others as `_`."""
    used = graph.value_origin != ValueOrigin.EQUATION
    for read in (graph.in_value, graph.group_out_value, graph.outputs):
        used[read[read >= 0]] = True
    return used


def _long_equations(graph: Graph) -> NDArray[np.bool_]:
    n_in, n_out = (np.diff(o.astype(np.int64)) for o in (graph.in_offset, graph.out_offset))
    lengths = np.diff(graph.strings.offsets.astype(np.int64))
    params = graph.equation_params
    length = np.where(params >= 0, lengths[np.maximum(params, 0)], 0)
    return (n_in > MOST_OPERANDS) | (n_out > MOST_RESULTS) | (length > LONGEST_PARAMETERS)


def _by_jaxpr(graph: Graph) -> tuple[list[int], dict[int, tuple[int, int]]]:
    """Return the equations, jaxpr by jaxpr, and where those of each jaxpr are in that order."""
    if not len(graph):
        return [], {}
    jaxpr = list(range(len(graph.group_parent)))
    for group, parent in enumerate(graph.group_parent.tolist()):
        if not is_jaxpr(graph, group):
            jaxpr[group] = jaxpr[parent]
    of_equation = np.array(jaxpr, np.int32)[graph.equation_group]
    order = np.argsort(of_equation, kind="stable")
    groups, starts = np.unique(of_equation[order], return_index=True)
    stops = np.append(starts[1:], len(order)).tolist()
    ranges = zip(starts.tolist(), stops, strict=True)
    return order.tolist(), dict(zip(groups.tolist(), ranges, strict=True))
