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
        # By the id of a code object, which is kept: itself, and whether it is the project's. Their
        # hash takes all of their instructions.
        self._codes: dict[int, tuple[CodeType, bool | None]] = {}

    def of(self, equation: Any) -> int:
        """Return the innermost line in the project that made `equation`.

        Failing that, the innermost line of the user's elsewhere; -1 where there is none.
        """
        elsewhere = None
        codes = self._codes
        for code, offset in compat.frames_of(equation):
            known = codes.get(id(code))
            in_project = self._judge(code) if known is None else known[1]
            if in_project:
                return self._id(code, offset)
            if in_project is False and elsewhere is None:
                elsewhere = (code, offset)
        return -1 if elsewhere is None else self._id(*elsewhere)

    def _judge(self, code: CodeType) -> bool | None:
        """Return whether `code` is the project's; None if it is not the user's at all."""
        file = code.co_filename
        is_user = self._user_code.is_user(file)
        in_project = self._user_code.is_in_project(file) if is_user else None
        self._codes[id(code)] = (code, in_project)
        return in_project

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
