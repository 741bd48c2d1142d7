"""The variables of a frame of the paused script, unfolded as far as they were looked into."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from psygnal import Signal

from eqxviz.records import Problem, ReadVariables, Record, Variable, Variables

Ask = Callable[[Record, Callable[[Record], None]], bool]
# A name, and accessors after it, before the part of a name that is being written.
_WRITTEN = re.compile(r"((?:[^\W\d]\w*(?:\[[^\[\]]*\])*\.)*)([^\W\d]\w*)?$")
_NAME = re.compile(r"\.?([^\W\d]\w*)$")


@dataclass(frozen=True)
class Row:
    """One line of the variables."""

    path: str  # from the frame's variable on: "model.layers[0]"
    depth: int
    variable: Variable | None  # None: a line of words, on what was left out or is still to come
    words: str = ""
    is_open: bool = False
    is_new: bool = False  # it is not what it was at the pause before


class FrameVariables:
    """The variables of one frame, each unfolded when it is asked for.

    What was unfolded stays so from one pause to the next, in each function by itself.

    Signals:
        changed: `rows` are others.
    """

    changed = Signal()

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._frame = -1
        self._place = ""  # the function of the frame: what is unfolded is remembered for it
        self._asked = 0  # counts the frames and the times that they were read
        self._read: dict[str, Variables] = {}
        self._is_read = False
        self._before: dict[str, str] = {}  # the texts at the pause before, by path
        self._open: dict[str, set[str]] = {}
        self.shows_globals = False
        self.problem: Problem | None = None

    @property
    def frame(self) -> int:
        """The place of the frame in the stack, -1 for none."""
        return self._frame

    @property
    def is_read(self) -> bool:
        """Whether the variables have come that were asked for last; those shown may be older."""
        return self._is_read

    def show(self, frame: int, place: str, *, is_new_pause: bool) -> None:
        """Read the variables of a frame; `place` tells its function from others."""
        is_same = place == self._place
        if not is_same:
            self._before = {}
        elif is_new_pause:
            self._before = {path: v.text for path, v in self._known()}
        self._frame, self._place = frame, place
        if not is_same:
            self._read.clear()
        self.read_again()

    def read_again(self) -> None:
        """Read what is seen anew: something was assigned."""
        self._asked += 1
        self._is_read = False
        self.problem = None
        if self._frame >= 0:
            self._read_path("")

    def clear(self) -> None:
        """There is no frame."""
        self._frame, self._place, self.problem = -1, "", None
        self._asked += 1
        self._is_read = False
        self._read.clear()
        self._before.clear()
        self.changed.emit()

    def unfold(self, path: str, is_open: bool) -> None:
        """Show what is in a variable, or hide it."""
        opened = self._opened()
        if is_open == (path in opened):
            return
        (opened.add if is_open else opened.discard)(path)
        if is_open and path not in self._read:
            self._read_path(path)
        self.changed.emit()

    def switch_globals(self) -> None:
        """Show the globals of the frame's module as well, or its locals alone."""
        self.shows_globals = not self.shows_globals
        self.changed.emit()

    @property
    def n_globals(self) -> int:
        """How many of the frame's variables are globals of its module."""
        whole = self._read.get("")
        return sum(v.is_global for v in whole.variables) if whole is not None else 0

    def rows(self) -> list[Row]:
        """Return what is to be seen, in order."""
        return list(self._rows("", 0))

    def variable(self, path: str) -> Variable | None:
        """Return the variable at `path`, None where it was not read."""
        return next((v for known, v in self._known() if known == path), None)

    def complete(self, text: str, done: Callable[[str, list[str]], None]) -> None:
        """Tell `done` the part of a name at the end of `text`, and the names that begin with it.

        What is in a variable is read first where it was not looked into before.
        """
        found = _WRITTEN.search(text)
        if found is None or self._frame < 0:
            return
        path, begun = (found[1] or "")[:-1], found[2] or ""

        def tell() -> None:
            read = self._read.get(path)
            names = [m[1] for v in (read.variables if read else ()) if (m := _NAME.search(v.name))]
            done(begun, sorted({n for n in names if n.startswith(begun)}))

        if path in self._read:
            tell()
        else:
            self._read_path(path, tell)

    def _opened(self) -> set[str]:
        return self._open.setdefault(self._place, set())

    def _rows(self, path: str, depth: int) -> Iterator[Row]:
        read = self._read.get(path)
        if read is None:
            if depth:
                yield Row(f"{path} ...", depth, None, "reading...")
            return
        for variable in read.variables:
            if variable.is_global and not self.shows_globals and self._has_locals(read):
                continue
            inner = path + variable.name
            is_open = variable.has_parts and inner in self._opened()
            before = self._before.get(inner)
            is_new = before is not None and before != variable.text
            yield Row(inner, depth, variable, is_open=is_open, is_new=is_new)
            if is_open:
                yield from self._rows(inner, depth + 1)
        if read.n_more:
            yield Row(f"{path} more", depth, None, f"and {read.n_more:,} more")

    @staticmethod
    def _has_locals(read: Variables) -> bool:
        return not all(v.is_global for v in read.variables)

    def _known(self) -> Iterator[tuple[str, Variable]]:
        for path, read in self._read.items():
            for variable in read.variables:
                yield path + variable.name, variable

    def _read_path(self, path: str, then: Callable[[], None] | None = None) -> None:
        asked = self._asked

        def answered(answer: Record) -> None:
            if asked != self._asked:
                return  # another frame is looked at, or the run has gone on
            if isinstance(answer, Variables):
                self._take(path, answer)
            elif isinstance(answer, Problem) and path:
                self._opened().discard(path)  # it is not there any more
                self._read.pop(path, None)
            elif isinstance(answer, Problem):
                self.problem = answer
            if then is not None:
                then()
            self.changed.emit()

        self._ask(ReadVariables(self._frame, path), answered)

    def _take(self, path: str, answer: Variables) -> None:
        self._read[path] = answer
        if path:
            return
        self._is_read = True
        # What is unfolded is read anew, from the outside in; what is gone is forgotten.
        for inner in [known for known in self._read if known and known not in self._opened()]:
            del self._read[inner]
        for inner in sorted(self._opened(), key=len):
            self._read_path(inner)
