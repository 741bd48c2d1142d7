"""The console: code that was run in a frame of the paused script, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from psygnal import Signal

from eqxviz.records import Evaluate, Evaluated, Problem, Progress, Record

MOST_ENTRIES = 500
AskThrough = Callable[
    [Record, Callable[[Record], None], Callable[[Progress], None]], Callable[[], None] | None
]
EntryState = Literal["working", "done", "failed", "interrupted"]


@dataclass
class Entry:
    """What was typed, where, and what came of it."""

    code: str
    where: str  # the function of the frame
    frame: int
    state: EntryState = "working"
    output: str = ""  # what it printed
    text: str = ""  # of its value
    error: str = ""
    is_tree: bool = False  # its value can be opened while it is the latest one


class Console:
    """Runs code in the frame that is chosen. One piece of code is run at a time.

    Signals:
        entry_added: The `Entry` that has begun.
        entry_ended: The `Entry` that came to an end.
        assigned: Code may have assigned something: what is known of variables is out of date.
    """

    entry_added = Signal(object)
    entry_ended = Signal(object)
    assigned = Signal()

    def __init__(self, ask: AskThrough) -> None:
        self._ask = ask
        self.entries: list[Entry] = []
        self._give_up: Callable[[], None] | None = None
        self._working: Entry | None = None

    @property
    def is_working(self) -> bool:
        """Whether code is being run."""
        return self._working is not None

    @property
    def latest_tree(self) -> Entry | None:
        """The latest entry, if its value can be opened: a later value takes its place."""
        valued = (e for e in reversed(self.entries) if e.text)
        latest = next(valued, None)
        return latest if latest is not None and latest.is_tree else None

    def run(self, code: str, frame: int, where: str) -> bool:
        """Run `code` in a frame; False if there is none, or some is being run."""
        if self._working is not None or not code.strip():
            return False
        entry = Entry(code, where, frame)

        def answered(answer: Record) -> None:
            if self._working is entry:
                self._finish(entry, answer)

        self._working = entry
        self.entries.append(entry)
        del self.entries[:-MOST_ENTRIES]
        self.entry_added.emit(entry)
        give_up = self._ask(Evaluate(frame, code), answered, lambda _progress: None)
        if give_up is None:
            self.lose()
        elif self._working is entry:  # else the answer is here already
            self._give_up = give_up
        return True

    def interrupt(self) -> None:
        """Give up what is being run, as Ctrl+C does; what it has changed so far stays changed."""
        entry, give_up = self._working, self._give_up
        if entry is None or give_up is None:
            return
        give_up()
        self._end(entry, "interrupted")
        self.assigned.emit()

    def lose(self) -> None:
        """The run is no longer there: what is being run has no end."""
        if self._working is not None:
            self._working.error = "The run ended before this did."
            self._end(self._working, "failed")

    def forget_trees(self) -> None:
        """Values of before can be opened no more: the run has gone on, or is another one."""
        for entry in self.entries:
            entry.is_tree = False

    def _finish(self, entry: Entry, answer: Record) -> None:
        if isinstance(answer, Evaluated):
            entry.output, entry.text, entry.error = answer.output, answer.text, answer.error
            entry.is_tree = answer.is_tree
        elif isinstance(answer, Problem):
            entry.error = "\n".join(part for part in (answer.title, answer.why) if part)
        self._end(entry, "failed" if entry.error else "done")
        if isinstance(answer, Evaluated) and answer.has_changed:
            self.assigned.emit()

    def _end(self, entry: Entry, state: EntryState) -> None:
        entry.state = state
        self._working = self._give_up = None
        self.entry_ended.emit(entry)


class Typed:
    """What was typed before, for the keys up and down."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._at = 0
        self._draft = ""

    def add(self, text: str) -> None:
        """Keep `text`, once in a row, and begin at the end again."""
        if not self._texts or self._texts[-1] != text:
            self._texts.append(text)
        self._at, self._draft = len(self._texts), ""

    def move(self, steps: int, text: str) -> str | None:
        """Return what was typed `steps` later (negative: earlier) than `text`; None at an end."""
        at = self._at + steps
        if not 0 <= at <= len(self._texts):
            return None
        if self._at == len(self._texts):
            self._draft = text
        self._at = at
        return self._draft if at == len(self._texts) else self._texts[at]
