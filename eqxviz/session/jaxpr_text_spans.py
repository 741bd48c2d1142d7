"""The pieces of the lines of a printed jaxpr."""

from collections.abc import Sequence

import numpy as np

from eqxviz.records.graph import EquationKind, Graph, GroupKind, ValueOrigin
from eqxviz.session.jaxpr_text_lines import (
    LONGEST_PARAMETERS,
    MOST_OPERANDS,
    MOST_RESULTS,
    MOST_VARIABLES,
    LineKind,
    PrintedLines,
    is_short,
    parameters_of,
)
from eqxviz.session.lines import Span

_TONES = [f"kind.{kind.name.lower()}" for kind in EquationKind]


class JaxprSpans:
    """Makes the pieces of a line when it is asked for, and keeps what many lines share."""

    def __init__(self, graph: Graph, lines: PrintedLines) -> None:
        self.graph = graph
        self.lines = lines
        self._texts: dict[int, str] = {}
        self._named_before: dict[int, Span] = {}
        self._parameters: dict[int, list[str]] = {}  # by their text's id

    def spans(self, line: int, is_folded: bool) -> list[Span]:
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

    def name(self, value: int) -> str:
        """Return what a variable is called: "a", "ba", "_" for one that nothing reads."""
        number = int(self.lines.name[value])
        return letters(number) if number >= 0 else "_"

    def scope(self, group: int) -> str:
        """Return what the equations of `group` belong to: "model.layers[0] › loss"."""
        graph, names, at = self.graph, list[str](), group
        while graph.group_kind[at] in (GroupKind.MODULE, GroupKind.SCOPE):
            names.append(self.text_of(int(graph.group_name[at])))
            if graph.group_kind[at] == GroupKind.MODULE:
                break  # its name is the whole path
            at = int(graph.group_parent[at])
        return " › ".join(reversed(names)) or self.text_of(int(graph.group_name[at])) or graph.title

    def text_of(self, index: int) -> str:
        """Return the text of an id; "" for -1."""
        text = self._texts.get(index)
        if text is None:
            text = self._texts[index] = self.graph.text(index)
        return text

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
        return Span(self.text_of(int(graph.equation_primitive[equation])), tone)

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
            spans = [*spans, Span("; " if part + 1 == len(variables) else ";")]
        if part + 1 == len(variables):
            spans = [*spans, *last]
        path = self.text_of(int(graph.value_path[value]))
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
        path = self.text_of(int(names[part])) if group == 0 and part < len(names) else ""
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
        aval = self.text_of(int(self.graph.value_aval[value]))
        return [self._named(value), Span(f":{aval}", "type")]

    def _named(self, value: int) -> Span:
        span = self._named_before.get(value)
        if span is None:
            if self.graph.value_origin[value] == ValueOrigin.LITERAL:
                span = Span(self.text_of(int(self.graph.value_aval[value])), "literal")
            else:
                span = Span(self.name(value), "variable", value)
            self._named_before[value] = span
        return span

    def _jaxpr_name(self, group: int) -> str:
        """Return the parameter that holds a jaxpr: "body", "branch_0", else "jaxpr"."""
        name = self.text_of(int(self.graph.group_name[group]))
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
