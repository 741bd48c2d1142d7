"""Comments in a user's file that say which problems are meant: `# eqxviz: ignore[EQX110]`."""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from eqxviz.records import Problem, Severity
from eqxviz.session.checking.rules import code_of, rules

BAD_IGNORE = "bad-ignore"  # Problem.code
_IGNORE = re.compile(r"#\s*eqxviz:\s*ignore\b\s*(\[[^\]]*\])?")
_FIX = "Write `# eqxviz: ignore[EQX110]` with the codes that are meant, separated by commas."
_BREAKS = (tokenize.NEWLINE, tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT)


class Ignores:
    """What the comments of one file have ignored.

    A comment is for the statement that it stands behind, on any of its lines, or for the next
    statement where it has a line of its own.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self._codes: dict[int, set[str]] = {}  # by line
        self.problems: list[Problem] = []  # what is wrong with the comments
        try:
            text = Path(file).read_bytes()
        except OSError:
            return
        if b"eqxviz:" in text:
            self._read(text)

    def has(self, problem: Problem) -> bool:
        """Whether a comment says that a problem is meant."""
        return problem.code in self._codes.get(problem.line, ())

    def _read(self, text: bytes) -> None:
        waiting: set[str] = set()  # of comments on lines of their own
        inside: set[str] = set()
        first = 0
        for token in _tokens(text):
            line = token.start[0]
            if token.type == tokenize.COMMENT:
                codes = self._codes_in(token.string, line)
                (inside if first else waiting).update(codes)
            elif first and token.type == tokenize.NEWLINE:
                for each in range(first, line + 1):
                    self._codes.setdefault(each, set()).update(inside)
                first, inside = 0, set[str]()
            elif not first and token.type not in _BREAKS:
                first, inside, waiting = line, waiting, set[str]()

    def _codes_in(self, comment: str, line: int) -> set[str]:
        found: set[str] = set()
        for match in _IGNORE.finditer(comment):
            named = [word for word in (match[1] or "[]")[1:-1].split(",") if word.strip()]
            if not named:
                self._tell(line, "`ignore` does not say what", "It ignores nothing so.")
            for word in named:
                code = code_of(word)
                found.add(code)
                if not code:
                    title = f"There is no rule {word.strip()} to ignore"
                    self._tell(line, title, f"The rules are {', '.join(rules())}.")
        return found

    def _tell(self, line: int, title: str, why: str) -> None:
        self.problems.append(
            Problem(BAD_IGNORE, Severity.WARNING, title, why, _FIX, self._file, line)
        )


def _tokens(text: bytes) -> Iterator[tokenize.TokenInfo]:
    try:
        yield from tokenize.tokenize(io.BytesIO(text).readline)
    except (tokenize.TokenError, SyntaxError, UnicodeDecodeError):
        return  # it does not parse: the script has told of that
