"""Two graphs in one numbering: texts, paths and equations that are alike get equal numbers."""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import EquationFlag, Graph, GroupKind, ValueOrigin

Ids = NDArray[np.int32]
Marks = NDArray[np.uint64]  # 64 bits that are equal where what they stand for is

# A dtype as it stands in the parameters of an equation.
_NAME = re.compile(r"\w*")
_DTYPE = re.compile(r"\b(?:bfloat16|float\d+\w*|u?int\d+|complex\d+|bool)\b")
# Nested jaxprs of these run more than once, or not at all: what they take is not what they read.
_LOOPS = ("scan", "while", "cond")
# Which of their two operands is the first makes no difference.
_COMMUTATIVE = ("add", "add_any", "mul", "max", "min", "and", "or", "xor", "eq", "ne")
_PRIME = np.uint64(0x9E3779B97F4A7C15)
_OTHER_PRIME = np.uint64(0xC2B2AE3D27D4EB4F)


def mixed(mark: Marks, column: NDArray[np.generic]) -> Marks:
    """Return `mark` with `column` mixed in, in its low and in its high bits."""
    made = (mark ^ (column.astype(np.uint64) * _OTHER_PRIME)) * _PRIME
    return made ^ (made >> np.uint64(29))


def row_marks(codes: NDArray[np.generic], offsets: NDArray[np.uint32]) -> Marks:
    """Return a mark for each compressed row of `codes`: equal rows, equal marks."""
    starts, counts = offsets[:-1].astype(np.int64), np.diff(offsets.astype(np.int64))
    nth = np.arange(len(codes)) - np.repeat(starts, counts)
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(mixed(mixed(np.ones(len(codes), np.uint64), codes), nth), out=sums[1:])
    return mixed(sums[offsets[1:]] - sums[offsets[:-1]], counts)


@dataclass(frozen=True, eq=False)
class TextNumbers:
    """What the texts of one graph say, as numbers common to both; the last entry is for id -1."""

    whole: Ids
    without_dtype: Ids  # parameters, whatever dtypes they name
    dtype: Ids  # of an aval or a literal
    shape: Ids
    literal: Ids  # of a literal: its value as it is written ...
    rounded: Ids  # ... and as much of it as half a precision keeps
    rest: Ids  # of a path: what follows the name of the argument


class GraphColumns:
    """One of two graphs that are compared. `text` and `paths` number alike what both have."""

    def __init__(self, graph: Graph, text: TextNumbers, paths: Ids, arguments: Marks) -> None:
        self.graph = graph
        self.text = text
        self.group_path = paths
        self.argument = arguments  # of each value: who it is, where it is an argument or constant
        self.path = paths[graph.equation_group]
        self.order = reading_order(graph)
        self.position = np.empty(len(graph), np.int64)  # of each equation, in reading order
        self.position[self.order] = np.arange(len(graph))

    @cached_property
    def exact(self) -> Marks:
        """What each equation does: primitive, parameters, avals."""
        avals = self.text.dtype, self.text.shape
        return self._local(self.text.whole, avals)

    @cached_property
    def without_dtype(self) -> Marks:
        """What each equation does, whatever the dtypes."""
        return self._local(self.text.without_dtype, (self.text.shape,))

    @cached_property
    def bare(self) -> Marks:
        """The primitive of each equation, and whether it runs backward."""
        backward = self.graph.equation_flags & EquationFlag.BACKWARD
        mark = mixed(np.zeros(len(self.graph), np.uint64), backward)
        return mixed(mark, self.text.whole[self.graph.equation_primitive])

    def _local(self, params: Ids, avals: tuple[Ids, ...]) -> Marks:
        mark = mixed(self.bare, params[self.graph.equation_params])
        for numbers in avals:
            for rows in self.aval_rows(numbers):
                mark = mixed(mark, rows)
        return mark

    def aval_rows(self, numbers: Ids) -> tuple[Marks, Marks]:
        """Return marks of what `numbers` say of the values each equation reads, and makes."""
        graph, of_value = self.graph, numbers[self.graph.value_aval]
        return (
            self.read_rows(of_value[graph.in_value]),
            row_marks(of_value[graph.out_value], graph.out_offset),
        )

    def read_rows(self, codes: Ids | Marks) -> Marks:
        """Return a mark for what each equation reads, of which `codes` tell in its order.

        Operands that may change places count in the order of their codes.
        """
        first = self.graph.in_offset[:-1][self.is_commutative].astype(np.int64)
        first = first[codes[first] > codes[first + 1]]
        ordered = codes.copy()
        ordered[first], ordered[first + 1] = codes[first + 1], codes[first]
        return row_marks(ordered, self.graph.in_offset)

    @cached_property
    def is_commutative(self) -> NDArray[np.bool_]:
        """Which equations make the same of two operands that change places."""
        graph = self.graph
        names = [
            t for t in np.unique(graph.equation_primitive) if graph.text(int(t)) in _COMMUTATIVE
        ]
        return np.isin(graph.equation_primitive, names) & (np.diff(graph.in_offset) == 2)

    @cached_property
    def jaxpr(self) -> Ids:
        """The group of the jaxpr that each equation is part of: the root, or a JAXPR group."""
        return _homes(self.graph)[self.graph.equation_group].astype(np.int32)

    @cached_property
    def is_loop(self) -> NDArray[np.bool_]:
        """Which groups are jaxprs that run more than once, or perhaps not at all."""
        graph = self.graph
        owned = np.flatnonzero(graph.group_owner >= 0)
        owners = graph.group_owner[owned]
        n_nested = np.bincount(owners, minlength=len(graph) + 1)[owners]
        names = {t for t in np.unique(graph.equation_primitive) if graph.text(int(t)) in _LOOPS}
        is_named = np.isin(graph.equation_primitive[owners], list(names))
        loops = np.zeros(len(graph.group_parent), np.bool_)
        loops[owned] = is_named | (n_nested > 1) | (graph.group_repeats[owned] != 1)
        return loops

    @cached_property
    def home(self) -> Ids:
        """The jaxpr group that each value which is read is a variable of; -1 elsewhere."""
        graph, home = self.graph, np.full(len(self.graph.value_producer), -1, np.int32)
        home[graph.in_value] = np.repeat(self.jaxpr, np.diff(graph.in_offset.astype(np.int64)))
        return home

    @cached_property
    def loop_variables(self) -> NDArray[np.int64]:
        """The values that a loop, or a branch, takes."""
        graph = self.graph
        is_argument = np.isin(graph.value_origin, (ValueOrigin.ARGUMENT, ValueOrigin.CONSTANT))
        inside = (self.home > 0) & self.is_loop[self.home]
        return np.flatnonzero(is_argument & inside)

    @cached_property
    def source(self) -> Ids:
        """The value that each value is, seen through calls: what a jit returns is made inside."""
        graph = self.graph
        outer, origin = graph.value_outer, graph.value_origin
        follows = np.arange(len(outer), dtype=np.int32)
        taken = (outer >= 0) & (origin != ValueOrigin.EQUATION) & (self.home > 0)
        taken &= ~self.is_loop[self.home]
        follows[taken] = outer[taken]
        made = np.flatnonzero((outer >= 0) & (origin == ValueOrigin.EQUATION))
        made = made[~self.is_loop[self.jaxpr[graph.value_producer[made]]]]
        follows[outer[made]] = made
        return _followed(follows)

    @cached_property
    def source_past_casts(self) -> Ids:
        """The same, seen through conversions of dtype as well."""
        graph, follows = self.graph, self.source.copy()
        casts = {
            t
            for t in np.unique(graph.equation_primitive).tolist()
            if graph.text(t) == "convert_element_type"
        }
        cast = np.flatnonzero(np.isin(graph.equation_primitive, list(casts)))
        follows[graph.out_value[graph.out_offset[cast]]] = self.source[
            graph.in_value[graph.in_offset[cast]]
        ]
        return _followed(follows)


def common_columns(before: Graph, after: Graph) -> tuple[GraphColumns, GraphColumns]:
    """Return the columns of two graphs in one numbering."""
    texts = _text_numbers(before, after)
    known: dict[tuple[int, int, int], int] = {}
    paths = [_paths(g, t, known) for g, t in zip((before, after), texts, strict=True)]
    arguments = _arguments((before, after), texts)
    return (
        GraphColumns(before, texts[0], paths[0], arguments[0]),
        GraphColumns(after, texts[1], paths[1], arguments[1]),
    )


def _text_numbers(before: Graph, after: Graph) -> tuple[TextNumbers, TextNumbers]:
    known: dict[str, int] = {}
    made: list[TextNumbers] = []
    for graph in (before, after):
        texts = _texts(graph)

        of = partial(_numbered, texts, known)
        avals = graph.value_aval
        literals = avals[graph.value_origin == ValueOrigin.LITERAL]
        made.append(
            TextNumbers(
                whole=of(np.arange(len(texts)), str),
                without_dtype=of(graph.equation_params, lambda text: _DTYPE.sub("dtype", text)),
                dtype=of(avals, lambda text: _aval(text).partition("[")[0]),
                shape=of(avals, lambda text: "[" + _aval(text).partition("[")[2]),
                literal=of(literals, lambda text: text.rpartition(":")[0]),
                rounded=of(literals, _rounded),
                rest=of(graph.value_path, _rest),
            )
        )
    return made[0], made[1]


def _numbered(
    texts: list[str], known: dict[str, int], ids: NDArray[Any], read: Callable[[str], str]
) -> Ids:
    """Return the number of what `read` finds in each of the texts that `ids` name, else -1."""
    numbers = np.full(len(texts) + 1, -1, np.int32)
    wanted: list[int] = np.unique(ids[ids >= 0]).tolist()
    for i in wanted:
        numbers[i] = known.setdefault(read(texts[i]), len(known))
    return numbers


def _arguments(
    graphs: tuple[Graph, Graph], texts: tuple[TextNumbers, TextNumbers]
) -> tuple[Marks, Marks]:
    """Return who each argument and constant is: its path, or its rank among those without.

    A path that only one graph has counts by what follows its name, where that is said of one
    argument alone: what was called `model` may be called `net`.
    """
    named = [np.flatnonzero((g.value_path >= 0) & (g.value_outer < 0)) for g in graphs]
    wholes = [t.whole[g.value_path] for g, t in zip(graphs, texts, strict=True)]
    rests = [t.rest[g.value_path] for g, t in zip(graphs, texts, strict=True)]
    common = np.intersect1d(wholes[0][named[0]], wholes[1][named[1]])
    free = [n[~np.isin(w[n], common)] for w, n in zip(wholes, named, strict=True)]
    alone: list[NDArray[np.int32]] = []
    for rest, values in zip(rests, free, strict=True):
        names, counts = np.unique(rest[values], return_counts=True)
        alone.append(names[counts == 1])
    shared = np.intersect1d(alone[0], alone[1])
    marks: list[Marks] = []
    for graph, whole, rest, values in zip(graphs, wholes, rests, free, strict=True):
        renamed = values[np.isin(rest[values], shared)]
        who = whole.astype(np.int64)
        who[renamed] = -2 - rest[renamed].astype(np.int64)
        unnamed = np.flatnonzero((graph.value_path < 0) & (graph.value_producer < 0))
        who[unnamed] = -(1 << 40) - np.arange(len(unnamed))
        marks.append(mixed(np.full(len(who), 3, np.uint64), who))
    return marks[0], marks[1]


def _paths(graph: Graph, text: TextNumbers, known: dict[tuple[int, int, int], int]) -> Ids:
    """Return the number of each group's path: the names and kinds from the root down to it."""
    made: list[int] = []
    parents: list[int] = graph.group_parent.tolist()
    names: list[int] = text.whole[graph.group_name].tolist()
    names[0] = -1  # what the whole is called is no part of a path
    for parent, kind, name in zip(parents, graph.group_kind.tolist(), names, strict=True):
        key = (made[parent] if parent >= 0 else -1, kind, name)
        made.append(known.setdefault(key, len(known)))
    return np.array(made, np.int32)


def _homes(graph: Graph) -> NDArray[np.int64]:
    """Return the jaxpr that each group is in, as a group: the root, or a JAXPR group."""
    homes = np.arange(len(graph.group_parent), dtype=np.int64)
    for group in range(1, len(homes)):
        if graph.group_kind[group] != GroupKind.JAXPR:
            homes[group] = homes[graph.group_parent[group]]
    return homes


def reading_order(graph: Graph) -> NDArray[np.int64]:
    """Return the equations as one reads them: what is nested in one follows it at once."""
    homes = _homes(graph)[graph.equation_group]
    by_home = np.argsort(homes, kind="stable")
    borders = np.searchsorted(homes[by_home], np.arange(len(graph.group_parent) + 1))
    nested: dict[int, list[int]] = {}
    for group in np.flatnonzero(graph.group_owner >= 0).tolist():
        nested.setdefault(int(graph.group_owner[group]), []).append(group)
    is_owner = np.zeros(len(graph), np.bool_)
    is_owner[list(nested)] = True
    owners = np.flatnonzero(is_owner[by_home])
    pieces = [by_home[:0]]
    todo: list[tuple[int, int]] = [(0, int(borders[0]))]  # a jaxpr, and how far it was read
    while todo:
        home, at = todo.pop()
        stop, nth = int(borders[home + 1]), int(np.searchsorted(owners, at))
        if nth == len(owners) or owners[nth] >= stop:
            pieces.append(by_home[at:stop])
            continue
        cut = int(owners[nth]) + 1
        pieces.append(by_home[at:cut])
        todo.append((home, cut))
        for group in reversed(nested[int(by_home[cut - 1])]):
            todo.append((group, int(borders[group])))
    return np.concatenate(pieces)


def _followed(follows: Ids) -> Ids:
    """Return where each one ends that goes on to the next that `follows` says."""
    while True:
        further = follows[follows]
        if np.array_equal(further, follows):
            return follows
        follows = further


def _texts(graph: Graph) -> list[str]:
    raw, ends = graph.strings.data.tobytes(), graph.strings.offsets.tolist()
    return [raw[start:stop].decode() for start, stop in itertools.pairwise(ends)]


def _aval(text: str) -> str:
    """Return the aval of "f32[8,3]", and of a literal, "2.0:f32[]"."""
    return text.rpartition(":")[2]


def _rounded(text: str) -> str:
    value = text.rpartition(":")[0]
    try:
        return f"{float(value):.2g}"
    except ValueError:
        return value


def _rest(path: str) -> str:
    """Return what follows the name at the beginning of `path`: ".layers[0].weight"."""
    return _NAME.sub("", path, count=1)
