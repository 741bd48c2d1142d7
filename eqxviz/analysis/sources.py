"""The user's lines that made the equations of a jaxpr."""

from types import CodeType
from typing import Any

from eqxviz.analysis import compat
from eqxviz.analysis.user_code import UserCode
from eqxviz.records import Interner


class Sources:
    """The lines met so far, each once."""

    def __init__(self, user_code: UserCode, strings: Interner) -> None:
        self.rows: list[tuple[int, int, int]] = []  # file, line, function
        self._user_code = user_code
        self._strings = strings
        self._ids: dict[tuple[int, int, int], int] = {}

    def of(self, equation: Any) -> int:
        """Return the innermost line in the project that made `equation`.

        Failing that, the innermost line of the user's elsewhere; -1 where there is none.
        """
        elsewhere = None
        for code, offset in compat.frames_of(equation):
            if not self._user_code.is_user(code.co_filename):
                continue
            if self._user_code.is_in_project(code.co_filename):
                return self._id(code, offset)
            elsewhere = elsewhere or (code, offset)
        return -1 if elsewhere is None else self._id(*elsewhere)

    def _id(self, code: CodeType, offset: int) -> int:
        row = (
            self._strings(code.co_filename),
            compat.line_of(code, offset),
            self._strings(code.co_qualname),
        )
        if row not in self._ids:
            self._ids[row] = len(self.rows)
            self.rows.append(row)
        return self._ids[row]
