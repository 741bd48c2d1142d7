"""A jaxpr as JAX prints it, made from its record alone, line by line when a line is asked for."""

import os
from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.graph import EquationFlag, EquationKind, Graph
from eqxviz.session.jaxpr_text_lines import LineKind, printed_lines
from eqxviz.session.jaxpr_text_spans import JaxprSpans
from eqxviz.session.lines import Span

_OF_EQUATION = (LineKind.EQUATION, LineKind.RESULTS, LineKind.PARAMETER, LineKind.OPERANDS)
_FIRST_COMMENT = 88  # the column at which the sources stand in a file


class JaxprText:
    """The printed form of one graph: its lines, and which of them can be folded.

    The whole of it is unfolded; `is_folded` says how a line is asked for. Making one takes a moment
    for a large graph, and may be done in a thread.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.lines = printed_lines(graph)
        self._spans = JaxprSpans(graph, self.lines)
        is_first = self.lines.kind == LineKind.EQUATION
        self._line_of = np.full(len(graph), -1, np.int32)
        self._line_of[self.lines.item[is_first]] = np.flatnonzero(is_first)

    def __len__(self) -> int:
        return len(self.lines.kind)

    @property
    def end(self) -> NDArray[np.int32]:
        """The last line of each line's block."""
        return self.lines.end

    @property
    def folded(self) -> NDArray[np.bool_]:
        """Which lines are folded at first."""
        return self.lines.folded

    def line_of(self, equation: int) -> int:
        """Return the first line of `equation`."""
        return int(self._line_of[equation])

    def lines_of(self, equations: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the first line of each of `equations`, in their order."""
        return self._line_of[equations]

    def equation_at(self, line: int) -> int:
        """Return the equation that `line` belongs to, -1 for a line of no equation."""
        kind, item = LineKind(int(self.lines.kind[line])), int(self.lines.item[line])
        if kind in _OF_EQUATION:
            return item
        return int(self.graph.group_owner[item]) if kind != LineKind.SCOPE else -1

    def value_at(self, line: int) -> int:
        """Return the variable that has `line` to itself, -1 for other lines."""
        if self.lines.kind[line] != LineKind.VARIABLE:
            return -1
        variables = self.graph.taken_by(int(self.lines.item[line]))
        return int(variables[int(self.lines.part[line])])

    def lines_of_values(self, values: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the lines that `values` have to themselves."""
        lines, own = self._own_lines
        return lines[np.isin(own, values)]

    @cached_property
    def _own_lines(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The lines of single variables, and the variable of each."""
        lines = np.flatnonzero(self.lines.kind == LineKind.VARIABLE)
        return lines, np.array([self.value_at(line) for line in lines.tolist()], np.int32)

    def line_of_value(self, value: int) -> int:
        """Return the line where a variable begins: its own, or that of what makes or takes it."""
        graph = self.graph
        if graph.value_producer[value] >= 0:
            return self.line_of(int(graph.value_producer[value]))
        places: list[int] = np.flatnonzero(graph.group_in_value == value).tolist()
        if not places:
            return -1
        group = int(np.searchsorted(graph.group_in_offset, np.uint32(places[0]), "right")) - 1
        of_group = self.lines.item == group
        own = np.flatnonzero(of_group & (self.lines.kind == LineKind.VARIABLE))
        if len(own):
            return int(own[places[0] - int(graph.group_in_offset[group])])
        return int(np.flatnonzero(of_group & (self.lines.kind == LineKind.OPEN))[0])

    def words_of(self, value: int) -> str:
        """Return what a variable is: "f32[8,3], model.weight, read by 2 equations"."""
        graph = self.graph
        n_readers = int(np.count_nonzero(graph.in_value == value))
        readers = "1 equation" if n_readers == 1 else f"{n_readers:,} equations"
        aval = graph.text(int(graph.value_aval[value]))
        path = graph.text(int(graph.value_path[value]))
        parts = (f"{self.name(value)}: {aval}", path, f"read by {readers}" if n_readers else "")
        return ", ".join(filter(None, parts))

    def kind_at(self, line: int) -> EquationKind | None:
        """Return the kind of the equation that begins at `line`, None for other lines."""
        if self.lines.kind[line] != LineKind.EQUATION:
            return None
        return EquationKind(int(self.graph.equation_kind[int(self.lines.item[line])]))

    def note(self, line: int) -> str:
        """Return what stands at the right of a line: the source, and whether it has an effect."""
        if self.lines.kind[line] != LineKind.EQUATION:
            return ""
        graph, equation = self.graph, int(self.lines.item[line])
        source = int(graph.equation_source[equation])
        file = os.path.basename(graph.text(int(graph.source_file[source]))) if source >= 0 else ""
        place = f"{file}:{int(graph.source_line[source])}" if file else ""
        has_effect = int(graph.equation_flags[equation]) & EquationFlag.EFFECT
        return " · ".join(filter(None, ("effect" if has_effect else "", place)))

    def text(self, line: int, is_folded: bool = False) -> str:
        """Return a line with its indentation."""
        spans = self.spans(line, is_folded)
        return " " * self.indent(line) + "".join([span.text for span in spans])

    def indent(self, line: int) -> int:
        """Return the columns before a line."""
        return int(self.lines.indent[line])

    def spans(self, line: int, is_folded: bool = False) -> list[Span]:
        """Return the pieces of a line, without its indentation."""
        return self._spans.spans(line, is_folded)

    def name(self, value: int) -> str:
        """Return what a variable is called: "a", "ba", "_" for one that nothing reads."""
        return self._spans.name(value)

    def whole(self) -> Iterator[str]:
        """Yield every line, unfolded, with its note as a comment."""
        for line in range(len(self)):
            text, note = self.text(line), self.note(line)
            yield f"{text.ljust(_FIRST_COMMENT)}  # {note}" if note else text
