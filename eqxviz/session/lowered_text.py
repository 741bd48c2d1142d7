"""StableHLO as lines that fold, with the source of each."""

import os
import re

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.graph import EquationKind
from eqxviz.records.lowered import LoweredText
from eqxviz.session.lines import Lines, Span

_OPENING, _CLOSING, _SPACE = b"{} "
# What the pieces of a line are, the first that fits; all else is plain.
_PIECES = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<variable>%[\w#:]+|@[\w.$-]+|\^\w+)"
    r"|(?P<type>(?:tensor|tuple|memref)<[^<>]*(?:<[^<>]*>[^<>]*)*>|![\w.]+(?:<[^<>]*>)?)"
    r"|(?P<comment>//.*|dense_resource<__elided__>)"
    r"|(?P<keyword>\b(?:module|func\.func|public|private|attributes|return|cond|do|across|applies|"
    r"dims|sizes|init|dimensions|true|false)\b|\b(?:func\.)?call\b)"
    r"|(?P<operation>\b(?:stablehlo|chlo|mhlo|sdy|sdy_|mpmd|shape|arith|tpu)\.[\w.]+)"
    r"|(?P<literal>(?<![\w.])-?\d[\w.+-]*|dense<[^<>]*>)"
)
_TONES = {"operation": "kind.control"}


class LoweredLines:
    """The lines of one lowered program. Making it takes a moment for a large one."""

    def __init__(self, record: LoweredText) -> None:
        self.record = record
        self.end = _blocks(record)
        self.folded: NDArray[np.bool_] = np.zeros(len(record.lines), np.bool_)

    def __len__(self) -> int:
        return len(self.record.lines)

    def indent(self, line: int) -> int:
        """Return the columns before a line."""
        text = self.record.lines[line]
        return len(text) - len(text.lstrip(" "))

    def text(self, line: int, is_folded: bool = False) -> str:
        """Return a line with its indentation."""
        text = self.record.lines[line]
        return f"{text} … }}" if is_folded else text

    def spans(self, line: int, is_folded: bool = False) -> list[Span]:
        """Return the pieces of a line, without its indentation."""
        text, at = self.record.lines[line].lstrip(" "), 0
        spans: list[Span] = []
        for match in _PIECES.finditer(text):
            if match.start() > at:
                spans.append(Span(text[at : match.start()]))
            tone = str(match.lastgroup)
            spans.append(Span(match.group(), _TONES.get(tone, tone)))
            at = match.end()
        if at < len(text):
            spans.append(Span(text[at:]))
        if is_folded:
            n_lines = int(self.end[line]) - line
            spans.append(Span(f" … {n_lines:,} lines … }}", "comment"))
        return spans

    def note(self, line: int) -> str:
        """Return the source at the right of a line."""
        file, number = self.source_of(line)
        return f"{os.path.basename(file)}:{number}" if file else ""

    def kind_at(self, line: int) -> EquationKind | None:
        """Return None: lines of StableHLO are no equations."""
        return None

    def source_of(self, line: int) -> tuple[str, int]:
        """Return the `(file, line)` that made a line; `("", 0)` if it is not known."""
        record = self.record
        source = int(record.line_source[line])
        if source < 0:
            return "", 0
        return record.strings[int(record.source_file[source])], int(record.source_line[source])

    def lines_at(self, file: str, line: int) -> Lines:
        """Return the lines that `line` of `file` made, in order."""
        record = self.record
        numbers = np.flatnonzero(record.source_line == line).tolist()
        names = {n: record.strings[int(record.source_file[n])] for n in numbers}
        path = os.path.realpath(file)
        sources = [n for n, name in names.items() if os.path.realpath(name) == path]
        return np.flatnonzero(np.isin(record.line_source, sources))


def whole_text(record: LoweredText) -> str:
    """Return the program as one text, with a last line that says so where it was cut."""
    text = "".join(f"{record.lines[line]}\n" for line in range(len(record.lines)))
    if record.is_cut:
        text += f"// cut: the whole program has {record.n_bytes:,} bytes\n"
    return text


def _blocks(record: LoweredText) -> NDArray[np.int32]:
    """Return where the block of each line ends, from its "{" to the "}" that closes it."""
    data, offsets = record.lines.data, record.lines.offsets.astype(np.int64)
    end = np.arange(len(record.lines), dtype=np.int32)
    has_text = np.diff(offsets) > 0
    if not len(data):
        return end
    opens = has_text & (data[np.maximum(offsets[1:] - 1, 0)] == _OPENING)
    letters = np.flatnonzero(data != _SPACE)
    first = letters[np.minimum(np.searchsorted(letters, offsets[:-1]), len(letters) - 1)]
    closes = has_text & (data[first] == _CLOSING)
    waiting: list[int] = []
    for line in np.flatnonzero(opens | closes).tolist():
        if closes[line] and waiting:
            # "} do {" ends a block before it begins the next.
            end[waiting.pop()] = line - 1 if opens[line] else line
        if opens[line]:
            waiting.append(line)
    return end
