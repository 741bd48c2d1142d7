"""The search of a graph: what can be asked of its equations, in the language of all searches."""

import os
from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import EquationFlag, EquationKind, Graph, ValueOrigin
from eqxviz.session.graph.colouring import KIND_WORDS
from eqxviz.session.graph.costs import Floats, GraphCosts
from eqxviz.session.search.conditions import compared, shape_test, text_pattern
from eqxviz.session.search.language import Language, Mask, Predicate, Query, understood
from eqxviz.session.search.pattern import compiled

_COLUMNS = ("equation_primitive", "group_name", "value_aval", "value_dtype", "value_path")


class GraphHaystack:
    """The equations of one graph, to be searched. Of equal texts one is looked at."""

    def __init__(self, graph: Graph, costs: GraphCosts) -> None:
        self.graph = graph
        self.costs = costs
        self._columns = {column: self._texts(column) for column in _COLUMNS}

    def matching(self, column: str, fits: Callable[[str], object]) -> Mask:
        """Return where the text of a column of ids fits; -1 is no text."""
        texts, place = self._columns[column]
        return np.array([bool(text) and bool(fits(text)) for text in texts], np.bool_)[place]

    def of_texts(self, pattern: str, column: str) -> Mask:
        """Return where the text of a column of ids matches."""
        return self.matching(column, compiled(pattern).search)

    def sources(self, pattern: str) -> Mask:
        """Return the equations whose line, "train.py:12 in loss", matches."""
        search = compiled(pattern).search
        found = [search(text) is not None for text in self._source_texts]
        return np.array([*found, False], np.bool_)[self.graph.equation_source]

    def made(self, values: Mask) -> Mask:
        """Return the equations that make one of `values`."""
        return _any_in_row(values[self.graph.out_value], self.graph.out_offset)

    def read(self, values: Mask) -> Mask:
        """Return the equations that read one of `values`."""
        return _any_in_row(values[self.graph.in_value], self.graph.in_offset)

    def owners(self, groups: Mask) -> Mask:
        """Return the equations in which one of `groups` is nested."""
        found = np.zeros(len(self.graph), np.bool_)
        owners = self.graph.group_owner[groups]
        found[owners[owners >= 0]] = True
        return found

    def within(self, groups: Mask) -> Mask:
        """Return the equations in one of `groups`, or in a group in it."""
        inside: list[bool] = groups.tolist()
        for group, parent in enumerate(self.graph.group_parent.tolist()):
            inside[group] |= parent >= 0 and inside[parent]
        return np.array(inside, np.bool_)[self.graph.equation_group]

    def _texts(self, column: str) -> tuple[list[str], NDArray[np.int64]]:
        """Return the distinct texts of a column, and which of them each row has."""
        distinct, place = np.unique(getattr(self.graph, column), return_inverse=True)
        return [self.graph.text(i) for i in distinct.tolist()], place

    @cached_property
    def lines(self) -> NDArray[np.int64]:
        """The line of the user's that made each equation, -1 where it is not known."""
        return np.append(self.graph.source_line, -1)[self.graph.equation_source].astype(np.int64)

    @cached_property
    def _source_texts(self) -> list[str]:
        graph = self.graph
        texts: list[str] = []
        for row in range(len(graph.source_file)):
            file = os.path.basename(graph.text(int(graph.source_file[row])))
            function = graph.text(int(graph.source_function[row]))
            texts.append(f"{file}:{int(graph.source_line[row])} in {function}")
        return texts


def parse(text: str) -> Query[GraphHaystack]:
    """Return what `text` asks for.

    Words are looked for in primitives, shapes of what is made, paths of what is read, sources and
    the names of groups. With `COMPLETIONS` come predicates.
    """
    return understood(text, _GRAPH)


def _anywhere(pattern: str, _in_paths: bool) -> Callable[[GraphHaystack], Mask]:
    def test(hay: GraphHaystack) -> Mask:
        arrays = hay.of_texts(pattern, "value_aval")
        found = hay.of_texts(pattern, "equation_primitive") | hay.made(arrays)
        found |= hay.read(hay.of_texts(pattern, "value_path") | (arrays & _is_literal(hay)))
        groups = hay.of_texts(pattern, "group_name")
        found |= groups[hay.graph.equation_group] | hay.owners(groups)
        return found | hay.sources(pattern)

    return test


def _is_literal(hay: GraphHaystack) -> Mask:
    return hay.graph.value_origin == ValueOrigin.LITERAL


def _of_primitive(comparison: str, value: str) -> Callable[[GraphHaystack], Mask]:
    pattern = text_pattern(comparison, value)
    return lambda hay: hay.of_texts(pattern, "equation_primitive")


def _of_kind(comparison: str, value: str) -> Callable[[GraphHaystack], Mask]:
    search = compiled(text_pattern(":", value)).search
    kinds = [search(f"{kind.name.lower()} {KIND_WORDS[kind]}") is not None for kind in EquationKind]
    return lambda hay: np.array(kinds, np.bool_)[hay.graph.equation_kind]


def _of_path(comparison: str, value: str) -> Callable[[GraphHaystack], Mask]:
    pattern = text_pattern(comparison, value)

    def test(hay: GraphHaystack) -> Mask:
        read = hay.read(hay.of_texts(pattern, "value_path"))
        return read | hay.within(hay.of_texts(pattern, "group_name"))

    return test


def _of_reads(comparison: str, value: str) -> Callable[[GraphHaystack], Mask]:
    pattern = text_pattern(comparison, value)
    return lambda hay: hay.read(
        hay.of_texts(pattern, "value_path") | hay.of_texts(pattern, "value_aval")
    )


def _of_makes(comparison: str, value: str) -> Callable[[GraphHaystack], Mask]:
    pattern = text_pattern(comparison, value)
    return lambda hay: hay.made(hay.of_texts(pattern, "value_aval"))


def _of_dtype(comparison: str, value: str) -> Callable[[GraphHaystack], Mask]:
    pattern = text_pattern(comparison, value)
    search = compiled(pattern if value.startswith("/") else f"^(?:{pattern})").search
    return lambda hay: _touches(hay, hay.matching("value_dtype", search))


def _of_shape(comparison: str, value: str) -> Callable[[GraphHaystack], Mask]:
    fits = shape_test(value)

    def has_shape(aval: str) -> bool:
        dims = aval.rpartition("[")[2].removesuffix("]")
        return "[" in aval and fits("".join(f"{n}," for n in dims.split(",") if n))

    return lambda hay: _touches(hay, hay.matching("value_aval", has_shape) & ~_is_literal(hay))


def _of_source(comparison: str, value: str) -> Callable[[GraphHaystack], Mask]:
    pattern = text_pattern(":", value)
    return lambda hay: hay.sources(pattern)


def _touches(hay: GraphHaystack, values: Mask) -> Mask:
    return hay.made(values) | hay.read(values)


def _flops(hay: GraphHaystack) -> Floats:
    return hay.costs.equation_flops * hay.costs.equation_times


def _bytes(hay: GraphHaystack) -> Floats:
    return hay.costs.equation_bytes * hay.costs.equation_times


def _intensity(hay: GraphHaystack) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return hay.costs.equation_flops / hay.costs.equation_bytes


def _shares(hay: GraphHaystack) -> Floats:
    return hay.costs.equation_shares() * 100


def _is_unknown(hay: GraphHaystack) -> Mask:
    unknown = (hay.graph.equation_flags & EquationFlag.UNKNOWN_COST) != 0
    return unknown | np.isnan(hay.costs.equation_flops)


def _has(flag: EquationFlag) -> Callable[[GraphHaystack], Mask]:
    return lambda hay: (hay.graph.equation_flags & flag) != 0


def _makes_result(hay: GraphHaystack) -> Mask:
    is_result = np.zeros(len(hay.graph.value_producer), np.bool_)
    is_result[hay.graph.outputs] = True
    return hay.made(is_result)


def _number(
    example: str, says: str, numbers: Callable[[GraphHaystack], NDArray[np.generic]]
) -> Predicate[GraphHaystack]:
    name = example.rstrip("0123456789e.").rstrip(":<>=")
    return Predicate(name, example, says, compared(numbers), "number")


def _word(name: str, says: str, test: Callable[[GraphHaystack], Mask]) -> Predicate[GraphHaystack]:
    return Predicate(name, name, says, lambda _comparison, _value: test, "")


_PREDICATES: tuple[Predicate[GraphHaystack], ...] = (
    Predicate(
        "prim",
        "prim:dot_general",
        "The primitive holds a text; prim=add is all of it",
        _of_primitive,
    ),
    Predicate("kind", "kind:matmul", "The kind: matmul, elementwise, reduce, move, ...", _of_kind),
    Predicate(
        "path", "path:blocks[3]", "In a Module or scope, or reads a parameter, of a path", _of_path
    ),
    Predicate(
        "dtype", "dtype:f64", "Reads or makes arrays of a dtype; dtype:f is all floats", _of_dtype
    ),
    Predicate(
        "shape", "shape:[8,*]", "Reads or makes a shape: 8x3, [8,*], [...,768], []", _of_shape
    ),
    Predicate(
        "reads", "reads:bias", "Reads a value whose path, shape or number holds a text", _of_reads
    ),
    Predicate(
        "makes", "makes:f32[8", "Makes an array whose dtype and shape hold a text", _of_makes
    ),
    Predicate(
        "source",
        "source:train.py",
        "Made by a file, a line (train.py:12) or a function",
        _of_source,
    ),
    _number("line:12", "Made by a line with this number", lambda hay: hay.lines),
    _number("flops>1e9", "By floating point operations in one call", _flops),
    _number("bytes>1e6", "By bytes read and written in one call, if nothing is fused", _bytes),
    _number("share>5", "By the share of all operations, in percent", _shares),
    _number("intensity<10", "By floating point operations a byte", _intensity),
    _number("times>1", "By how often it runs in one call", lambda hay: hay.costs.equation_times),
    _word("forward", "In the forward pass", lambda hay: ~_has(EquationFlag.BACKWARD)(hay)),
    _word("backward", "In the backward pass", _has(EquationFlag.BACKWARD)),
    _word(
        "const",
        "Reads a constant that was captured by closure",
        lambda hay: hay.read(hay.graph.value_origin == ValueOrigin.CONSTANT),
    ),
    _word("effect", "Has an effect: prints, callbacks, random state", _has(EquationFlag.EFFECT)),
    _word("unknown", "Its cost is not known, or only a part of it", _is_unknown),
    _word("call", "Holds nested jaxprs: jit, scan, cond, ...", lambda hay: hay.costs.is_call),
    _word("result", "Makes a result of the function", _makes_result),
)
PREDICATES = {predicate.name: predicate for predicate in _PREDICATES}
for other, name in (
    ("primitive", "prim"),
    ("file", "source"),
    ("module", "path"),
    ("scope", "path"),
):
    PREDICATES[other] = PREDICATES[name]
COMPLETIONS = tuple((predicate.example, predicate.help) for predicate in _PREDICATES)
_GRAPH = Language(PREDICATES, _anywhere)


def _any_in_row(chosen: Mask, offsets: NDArray[np.unsignedinteger]) -> Mask:
    """Return which rows hold one that is chosen."""
    so_far = np.concatenate([[0], np.cumsum(chosen)])
    return so_far[offsets[1:]] > so_far[offsets[:-1]]
