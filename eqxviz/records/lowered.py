"""What a call is lowered to: the text of a program, line by line, and where its lines come from."""

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.codec import Record, record
from eqxviz.records.columns import Strings, check_ids, check_lengths
from eqxviz.records.drawing import DrawCall, DrawFunction, DrawModel, DrawShown


@record
class Lower(Record):
    """Lower, and do not compile, the call that `drawing` asks to be drawn.

    Answered by `LoweredText`.
    """

    drawing: DrawModel | DrawFunction | DrawCall | DrawShown


@record
class LoweredText(Record):
    """StableHLO, with the elements of large constants left out.

    At most `records.MOST_LOWERED_BYTES` of it are carried; `n_bytes` is the size of all of it.
    """

    title: str
    lines: Strings
    line_source: NDArray[np.int32]  # the line of the user's that made a line, or -1
    n_bytes: int
    strings: Strings
    source_file: NDArray[np.int32]
    source_line: NDArray[np.int32]
    source_function: NDArray[np.int32]

    def check(self) -> None:
        columns = ("source_file", "source_line", "source_function")
        check_lengths({c: len(getattr(self, c)) for c in columns}, "LoweredText.source_*")
        lengths = {"lines": len(self.lines), "line_source": len(self.line_source)}
        check_lengths(lengths, "LoweredText lines")
        check_ids(self.line_source, len(self.source_file), "LoweredText.line_source")
        for name in ("source_file", "source_function"):
            check_ids(getattr(self, name), len(self.strings), f"LoweredText.{name}")

    @property
    def is_cut(self) -> bool:
        """Whether the program is longer than what is carried of it."""
        return self.n_bytes > len(self.lines.data) + len(self.lines)


MOST_LOWERED_BYTES = 32_000_000
