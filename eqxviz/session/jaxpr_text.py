"""A jaxpr as JAX prints it, made from its record alone, line by line when a line is asked for."""

import os
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.graph import EquationFlag, EquationKind, Graph, GroupKind, ValueOrigin
from eqxviz.session.jaxpr_text_lines import (
    LONGEST_PARAMETERS,
    MOST_OPERANDS,
    MOST_RESULTS,
    MOST_VARIABLES,
    LineKind,
    is_short,
    parameters_of,
    printed_lines,
)
from eqxviz.session.lines import Span

_OF_EQUATION = (LineKind.EQUATION, LineKind.RESULTS, LineKind.PARAMETER, LineKind.OPERANDS)
_TONES = [f"kind.{kind.name.lower()}" for kind in EquationKind]
_FIRST_COMMENT = 88  # the column at which the sources stand in a file


class JaxprText:
    """The printed form of one graph: its lines, and which of them can be folded.

    The whole of it is unfolded; `is_folded` says how a line is asked for. Making one takes a moment
    for a large graph, and may be done in a thread.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.lines = printed_lines(graph)
        self._texts: dict[int, str] = {}
        self._named_before: dict[int, Span] = {}
        self._parameters: dict[int, list[str]] = {}  # by their text's id
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

    def lines_of_values(self, values: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the lines that `values` have to themselves."""
        own = np.flatnonzero(self.lines.kind == LineKind.VARIABLE)
        return np.array([i for i in own.tolist() if self.value_at(i) in set(values.tolist())], int)

    def kind_at(self, line: int) -> EquationKind | None:
        """Return the kind of the equation that begins at `line`, None for other lines."""
        if self.lines.kind[line] != LineKind.EQUATION:
            return None
        return EquationKind(int(self.graph.equation_kind[int(self.lines.item[line])]))

    def name(self, value: int) -> str:
        """Return what a variable is called: "a", "ba", "_" for one that nothing reads."""
        number = int(self.lines.name[value])
        return letters(number) if number >= 0 else "_"

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

    def whole(self) -> Iterator[str]:
        """Yield every line, unfolded, with its note as a comment."""
        for line in range(len(self)):
            text, note = self.text(line), self.note(line)
            yield f"{text.ljust(_FIRST_COMMENT)}  # {note}" if note else text

    def spans(self, line: int, is_folded: bool = False) -> list[Span]:
        """Return the pieces of a line, without its indentation."""
        lines = self.lines
        kind, item, part = LineKind(int(lines.kind[line])), int(lines.item[line]), lines.part[line]
        has_block = int(lines.end[line]) > line
        if kind == LineKind.EQUATION:
            return self._equation(item, is_folded, has_block)
        if kind == LineKind.RESULTS:
            return self._results(item, int(part))
        if kind == LineKind.PARAMETER:
            return _parameter(self._parameters_of(item)[int(part)])
        if kind == LineKind.OPERANDS:
            chunk = self.graph.inputs_of(item)[int(part) * MOST_OPERANDS :][:MOST_OPERANDS]
            spans = self._values(chunk.tolist())
            return spans if part else [Span("]"), *spans]
        if kind == LineKind.SCOPE:
            backward = " · backward" if part else ""
            return [Span(f"# {self.scope(item)}{backward}", "comment")]
        if kind == LineKind.OPEN:
            return self._open(line, item, is_folded)
        if kind == LineKind.VARIABLE:
            return self._variable(item, int(part), is_folded and has_block)
        if kind == LineKind.RETURNS and (is_folded or not has_block):
            return self._returns(item, MOST_OPERANDS)
        return self._returned(item, int(part))

    def scope(self, group: int) -> str:
        """Return what the equations of `group` belong to: "model.layers[0] › loss"."""
        graph, names, at = self.graph, list[str](), group
        while graph.group_kind[at] in (GroupKind.MODULE, GroupKind.SCOPE):
            names.append(self._text(int(graph.group_name[at])))
            if graph.group_kind[at] == GroupKind.MODULE:
                break  # its name is the whole path
            at = int(graph.group_parent[at])
        return " › ".join(reversed(names)) or self._text(int(graph.group_name[at])) or graph.title

    def _equation(self, equation: int, is_folded: bool, has_block: bool) -> list[Span]:
        graph = self.graph
        made = graph.outputs_of(equation).tolist()
        parameters = self._parameters_of(equation)
        if has_block and not is_folded:
            return self._results(equation, 0)
        spans = self._bound(made, MOST_RESULTS) + ([Span(" = ")] if made else [])
        spans.append(self._primitive(equation))
        inside: list[list[Span]] = []
        if is_short(parameters):
            inside += [_parameter(p) for p in parameters]
        else:
            text = " ".join(parameters)
            inside.append([Span(text[: LONGEST_PARAMETERS - 1] + "…", "parameter")])
        if has_block:
            owned = np.flatnonzero(graph.group_owner == equation).tolist()
            inside += [[Span(f"{self._jaxpr_name(g)}={{ … }}", "comment")] for g in owned]
        if inside:
            spans += [Span("["), *_spaced(inside), Span("]")]
        return spans + self._values(graph.inputs_of(equation).tolist(), MOST_OPERANDS)

    def _results(self, equation: int, part: int) -> list[Span]:
        """Return a chunk of what an equation makes; after the last, what makes it."""
        made = self.graph.outputs_of(equation).tolist()
        chunk = made[part * MOST_RESULTS :][:MOST_RESULTS]
        spans = _spaced([self._typed(value) for value in chunk])
        if (part + 1) * MOST_RESULTS < len(made):
            return spans
        spans += [*([Span(" = ")] if made else []), self._primitive(equation), Span("[")]
        parameters = self._parameters_of(equation)
        if is_short(parameters):
            spans += _spaced([_parameter(p) for p in parameters])
        return spans

    def _primitive(self, equation: int) -> Span:
        graph = self.graph
        tone = _TONES[int(graph.equation_kind[equation])]
        return Span(self._text(int(graph.equation_primitive[equation])), tone)

    def _open(self, line: int, group: int, is_folded: bool) -> list[Span]:
        graph, lines = self.graph, self.lines
        name = [] if group == 0 else [Span(self._jaxpr_name(group), "parameter"), Span("=")]
        variables = graph.taken_by(group).tolist()
        n_constants = self._n_constants(group)
        head = [*name, Span("{ "), Span("lambda", "keyword")]
        if is_folded:
            body = self._n_equations(line)
            return [
                *(*head, Span(" ; "), *self._bound(variables, MOST_VARIABLES), Span(". ")),
                *(Span("let", "keyword"), Span(f" {body} ", "comment")),
                *self._returns(group, MOST_OPERANDS),
            ]
        if line + 1 < len(lines.kind) and lines.kind[line + 1] == LineKind.VARIABLE:
            return head if n_constants else [*head, Span(" ;")]
        constants = _spaced([self._typed(value) for value in variables[:n_constants]])
        taken = _spaced([self._typed(value) for value in variables[n_constants:]])
        before = [Span(" "), *constants] if constants else [Span(" ")]
        after = [Span(" "), *taken]
        return [*head, *before, Span(";"), *after, Span(". "), Span("let", "keyword")]

    def _variable(self, group: int, part: int, is_bound: bool) -> list[Span]:
        graph = self.graph
        variables = graph.taken_by(group).tolist()
        last = [Span(". "), Span("let", "keyword")]
        if is_bound:
            return [*self._bound(variables, MOST_VARIABLES), *last]
        value = variables[part]
        spans = self._typed(value)
        if part + 1 == self._n_constants(group):
            spans = [*spans, Span(";")]
        if part + 1 == len(variables):
            spans = [*spans, *last]
        path = self._text(int(graph.value_path[value]))
        return [*spans, Span(f"  # {path}", "comment")] if path else spans

    def _returns(self, group: int, most: int) -> list[Span]:
        returned = self.graph.returned_by(group).tolist()
        shown = [self._named(value) for value in returned[:most]]
        spans = [s for i, name in enumerate(shown) for s in ([Span(", ")] if i else []) + [name]]
        if len(returned) > most:
            spans.append(Span(f", … {len(returned) - most:,} more", "comment"))
        end = ",) }" if len(returned) == 1 else ") }"
        return [Span("in", "keyword"), Span(" ("), *spans, Span(end)]

    def _returned(self, group: int, part: int) -> list[Span]:
        returned = self.graph.returned_by(group).tolist()
        head = [] if part else [Span("in", "keyword"), Span(" (")]
        end = ") }" if part + 1 == len(returned) else ","
        spans = [*head, self._named(returned[part]), Span(end)]
        names = self.graph.output_names
        path = self._text(int(names[part])) if group == 0 and part < len(names) else ""
        return [*spans, Span(f"  # {path}", "comment")] if path else spans

    def _values(self, values: Sequence[int], most: int = 0) -> list[Span]:
        """Return the names of `values`, each after a space; of more than `most` only the first."""
        shown = values[: most or len(values)]
        spans = [s for value in shown for s in (Span(" "), self._named(value))]
        if len(shown) < len(values):
            spans.append(Span(f" … {len(values) - len(shown):,} more", "comment"))
        return spans

    def _bound(self, values: Sequence[int], most: int) -> list[Span]:
        shown = [self._typed(value) for value in values[:most]]
        if len(values) > most:
            shown.append([Span(f"… {len(values) - most:,} more", "comment")])
        return _spaced(shown)

    def _typed(self, value: int) -> list[Span]:
        aval = self._text(int(self.graph.value_aval[value]))
        return [self._named(value), Span(f":{aval}", "type")]

    def _named(self, value: int) -> Span:
        span = self._named_before.get(value)
        if span is None:
            if self.graph.value_origin[value] == ValueOrigin.LITERAL:
                span = Span(self._text(int(self.graph.value_aval[value])), "literal")
            else:
                span = Span(self.name(value), "variable", value)
            self._named_before[value] = span
        return span

    def _jaxpr_name(self, group: int) -> str:
        """Return the parameter that holds a jaxpr: "body", "branch_0", else "jaxpr"."""
        name = self._text(int(self.graph.group_name[group]))
        is_role = name in ("body", "condition") or name.startswith("branch ")
        return name.replace(" ", "_") if is_role else "jaxpr"

    def _n_constants(self, group: int) -> int:
        origins = self.graph.value_origin[self.graph.taken_by(group)]
        return int(np.count_nonzero(origins == ValueOrigin.CONSTANT))

    def _n_equations(self, line: int) -> str:
        inside = self.lines.kind[line : int(self.lines.end[line]) + 1]
        n_equations = int(np.count_nonzero(inside == LineKind.EQUATION))
        return "… 1 equation …" if n_equations == 1 else f"… {n_equations:,} equations …"

    def _parameters_of(self, equation: int) -> list[str]:
        index = int(self.graph.equation_params[equation])
        parameters = self._parameters.get(index)
        if parameters is None:
            parameters = self._parameters[index] = parameters_of(self.graph, equation)
        return parameters

    def _text(self, index: int) -> str:
        text = self._texts.get(index)
        if text is None:
            text = self._texts[index] = self.graph.text(index)
        return text


def letters(number: int) -> str:
    """Return the name of variable `number`, as JAX counts: a, b, ..., z, ba, bb."""
    name = ""
    while not name or number:
        number, letter = divmod(number, 26)
        name = chr(ord("a") + letter) + name
    return name


def _parameter(text: str) -> list[Span]:
    name, equals, value = text.partition("=")
    return [Span(name + equals, "parameter"), Span(value)] if equals else [Span(text)]


def _spaced(parts: Sequence[list[Span]]) -> list[Span]:
    return [span for i, part in enumerate(parts) for span in ([Span(" ")] if i else []) + part]
