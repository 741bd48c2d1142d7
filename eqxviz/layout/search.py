"""Search in a graph: by primitive, shape, path of what is read, and source."""

import os
import re
from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from eqxviz.layout.texts import equation_title
from eqxviz.records.graph import Graph


class GraphText:
    """All texts of a graph's equations, made once and searched often."""

    def __init__(self, graph: Graph) -> None:
        groups = [graph.text(int(name)) for name in graph.group_name]
        lines = [_line(graph, equation, groups) for equation in range(len(graph))]
        self._text = "\n".join(lines)
        self._folded = self._text.casefold()
        starts = np.cumsum([0] + [len(line) + 1 for line in self._folded.split("\n")])
        self._starts: list[int] = starts.tolist()

    def find(self, wanted: str) -> NDArray[np.int64]:
        """Return the equations that hold `wanted`, in order; a regular expression after a "/".

        Plain text matches in any case; several words must all be there.

        Raises:
            ValueError: If the regular expression has a fault; the message says where.
        """
        if wanted.startswith("/"):
            pattern = wanted[1:].removesuffix("/")
            if not pattern:
                return np.zeros(0, np.int64)
            try:
                compiled = re.compile(pattern, re.IGNORECASE)
            except re.error as error:
                raise ValueError(
                    f"/{pattern}/ is no regular expression: {error}. "
                    "Leave out the first / to search for the text as it stands."
                ) from error
            # Line by line, so that \s and [^x] do not run on into the next equation.
            lines = self._text.split("\n")
            hits = [i for i, line in enumerate(lines) if compiled.search(line)]
            return np.array(hits if self._text else [], np.int64)
        found: set[int] | None = None
        for word in wanted.casefold().split():
            lines_with = self._lines_with(word)
            found = lines_with if found is None else found & lines_with
        return np.array(sorted(found or ()), np.int64)

    def _lines_with(self, word: str) -> set[int]:
        lines: set[int] = set()
        at = self._folded.find(word)
        while at >= 0:
            line = bisect_right(self._starts, at) - 1
            lines.add(line)
            at = self._folded.find(word, self._starts[line + 1] - 1)
        return lines


def _line(graph: Graph, equation: int, groups: list[str]) -> str:
    """Return the searchable text of one equation, without line breaks."""
    words = [equation_title(graph, equation)]
    words += [graph.text(int(graph.value_aval[v])) for v in graph.outputs_of(equation)]
    paths = {graph.text(int(graph.value_path[v])) for v in graph.inputs_of(equation)}
    words += sorted(paths)
    source = int(graph.equation_source[equation])
    if source >= 0:
        file = os.path.basename(graph.text(int(graph.source_file[source])))
        words.append(f"{file}:{int(graph.source_line[source])}")
    words.append(groups[int(graph.equation_group[equation])])
    return " ".join(" ".join(words).split())
